"""The backend ``neuroh5``: systems on a cluster's parallel file system.

This version ranks and probes itself as it always will, and its opener passes every file on to the next backend:
reading through neuroh5 is not part of it yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import NoReturn

from livn_core import Availability, BackendDeclined, ConfigError, hookimpl

REPOSITORY = "the repository iraikov/neuroh5 on GitHub"


@hookimpl
def livn_backend_priority() -> int:
    """Above local reading, below a server."""
    return 20


@hookimpl
def livn_backend_available(source: str | None) -> Availability:
    """Local paths, where neuroh5 and mpi4py are installed.

    Neither is imported: importing neuroh5 initialises MPI, which can end the process on a login node.
    """
    if source is not None and "://" in source:
        return Availability.no("reads local paths only")
    if find_spec("mpi4py") is None:
        return Availability.no("mpi4py is not installed", "pip install mpi4py, with an MPI library on this machine")
    if find_spec("neuroh5") is None:
        return Availability.no("neuroh5 is not installed", f"build it from {REPOSITORY}; it is not on PyPI")
    return Availability.yes("neuroh5 and mpi4py are installed")


@hookimpl
def livn_backend_open(source: str, options: Mapping[str, object]) -> NoReturn:
    """Pass the file on to the next backend."""
    if options:
        raise ConfigError(f"the neuroh5 backend takes no options, but got {', '.join(sorted(options))}")
    raise BackendDeclined(f"livn-neuroh5 0.1 does not read through neuroh5 yet, so {source} goes to the next backend")
