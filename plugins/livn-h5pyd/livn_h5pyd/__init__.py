"""The backend ``h5pyd``: systems on an HSDS server, named by the environment variable ``LIVN_HSDS``.

Importing this module, asking :func:`livn_backend_available` included, imports neither h5pyd nor requests.
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from livn_core.backends.availability import Availability
from livn_core.errors import BackendWarning
from livn_core.hookspecs import hookimpl
from livn_h5pyd.browser import IN_BROWSER, prepare
from livn_h5pyd.config import ENV_VAR, HsdsConfig

if TYPE_CHECKING:
    from livn_core.h5file import H5File

__all__ = [
    "HsdsConfig",
    "livn_backend_available",
    "livn_backend_open",
    "livn_backend_priority",
    "livn_backend_sidecar",
    "livn_backend_sidecars",
]

if IN_BROWSER:
    prepare()


@hookimpl
def livn_backend_open(source: str, options: Mapping[str, object]) -> H5File:
    """Open the domain that ``source`` stands for.

    ``options`` are fields of ``LIVN_HSDS`` and win over it. Errors are those of :func:`livn_h5pyd.opening.open_file`.
    """
    from livn_h5pyd.opening import open_file

    return open_file(source, options)


@hookimpl
def livn_backend_available(source: str | None) -> Availability:
    """Yes where ``LIVN_HSDS`` is set and ``source`` has no scheme, or ``hdf5://``."""
    if source is not None and "://" in source and not source.startswith("hdf5://"):
        return Availability.no("reads domains of an HSDS server: names without a scheme, and hdf5://")
    config = HsdsConfig.from_environment()
    if config is None:
        return Availability.no(f"{ENV_VAR} is not set", f'export {ENV_VAR}=\'{{"endpoint": "http://localhost:5101"}}\'')
    if importlib.util.find_spec("h5pyd") is None:
        message = f"{ENV_VAR} is set, but h5pyd is not installed"
        warnings.warn(f"{message} -> pip install 'h5pyd>=1.0'", BackendWarning, stacklevel=2)
        return Availability.no(message, "pip install 'h5pyd>=1.0'")
    return Availability.yes(f"{ENV_VAR} names {config.endpoint}")


@hookimpl
def livn_backend_priority() -> int:
    """The highest of livn's own backends: a server that was named is meant."""
    return 30


@hookimpl
def livn_backend_sidecar(source: str, name: str, options: Mapping[str, object]) -> bytes:
    """Read a JSON file of a system from the companion file server."""
    from livn_h5pyd.sidecars import read_sidecar

    return read_sidecar(source, name, options)


@hookimpl
def livn_backend_sidecars(source: str, options: Mapping[str, object]) -> Sequence[str]:
    """List the JSON files of a system on the companion file server."""
    from livn_h5pyd.sidecars import list_sidecars

    return list_sidecars(source, options)
