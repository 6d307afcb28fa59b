"""The backend ``neuroh5``: systems on a cluster's parallel file system, read by the library that wrote them.

Names, shapes, types and indices come from livn-pyfive, bulk values from ``neuroh5.io``. This module holds the hooks
that :mod:`livn_core.hookspecs` describes, and imports none of neuroh5, mpi4py and pyfive.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING

from livn_core import Availability, BackendDeclined, ConfigError, hookimpl
from livn_core.locations import is_address, shown

if TYPE_CHECKING:
    from livn_neuroh5.file import Neuroh5File

__version__ = "0.1.0"

REPOSITORY = "the repository iraikov/neuroh5 on GitHub"
NOT_LOCAL = "reads local paths only"


@hookimpl
def livn_backend_priority() -> int:
    """Above local reading, below a server."""
    return 20


@hookimpl
def livn_backend_available(source: str | None) -> Availability:
    """Local paths, where neuroh5 and mpi4py are installed.

    Neither is imported: importing neuroh5 initialises MPI, which can end the process on a login node.
    """
    if source is not None and is_address(source):
        return Availability.no(NOT_LOCAL)
    if find_spec("mpi4py") is None:
        return Availability.no("mpi4py is not installed", "pip install mpi4py, with an MPI library on this machine")
    if find_spec("neuroh5") is None:
        return Availability.no("neuroh5 is not installed", f"build it from {REPOSITORY}; it is not on PyPI")
    return Availability.yes("neuroh5 and mpi4py are installed")


@hookimpl
def livn_backend_open(source: str, options: Mapping[str, object]) -> Neuroh5File:
    """Open a file; see :func:`livn_core.hookspecs.livn_backend_open`. Does not initialise MPI; reading values does."""
    if options:
        raise ConfigError(f"the neuroh5 backend takes no options, but got {', '.join(sorted(map(str, options)))}")
    if is_address(source):
        raise BackendDeclined(f"{shown(source)}: neuroh5 {NOT_LOCAL}")
    from livn_neuroh5.file import open_file

    return open_file(source)
