"""Backend of livn-core that reads NeuroH5 files in pure Python.

Local files, and whatever fsspec reaches (HTTP, S3 …). Installed, it is found by itself::

    import livn_core
    livn_core.open_neuroh5("cells.h5", backend="pyfive")

This module holds the hooks that :mod:`livn_core.hookspecs` describes, and imports neither pyfive nor fsspec.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from livn_core.backends.availability import Availability
from livn_core.hookspecs import hookimpl
from livn_pyfive.options import parse_options
from livn_pyfive.sources import IN_BROWSER, availability, parse_source

if TYPE_CHECKING:
    from livn_pyfive.file import PyfiveFile

__all__ = [
    "livn_backend_available",
    "livn_backend_open",
    "livn_backend_priority",
    "livn_backend_sidecar",
    "livn_backend_sidecars",
]
__version__ = "0.1.0"


@hookimpl
def livn_backend_open(source: str, options: Mapping[str, object]) -> PyfiveFile:
    """Open a file; see :func:`livn_core.hookspecs.livn_backend_open`."""
    if IN_BROWSER:
        from livn_pyfive.browser import provide_numcodecs

        provide_numcodecs()
    from livn_pyfive.file import PyfiveFile
    from livn_pyfive.storage import LocalStorage, Storage

    checked = parse_options(options)
    parsed = parse_source(source)
    if parsed.is_local:
        storage: Storage = LocalStorage(parsed.path)
    else:
        from livn_pyfive.remote import open_remote

        storage = open_remote(source, checked.storage_options)
    try:
        return PyfiveFile(storage, checked.threads, checked.cache_bytes)
    except BaseException:
        storage.close()
        raise


@hookimpl
def livn_backend_available(source: str | None) -> Availability:
    """Say what can be read; see :func:`livn_core.hookspecs.livn_backend_available`."""
    return availability(source)


@hookimpl
def livn_backend_priority() -> int:
    """Rank below neuroh5 and HSDS, which are there on purpose where they are there."""
    return 10


@hookimpl
def livn_backend_sidecar(source: str, name: str, options: Mapping[str, object]) -> bytes | None:
    """Read a JSON file of a remote system; see :func:`livn_core.hookspecs.livn_backend_sidecar`."""
    checked = parse_options(options)
    parsed = parse_source(source)
    if not parsed.scheme:
        return None
    from livn_pyfive.sidecars import read_sidecar

    return read_sidecar(parsed, name, checked.storage_options)


@hookimpl
def livn_backend_sidecars(source: str, options: Mapping[str, object]) -> Sequence[str] | None:
    """List the JSON files of a remote system; see :func:`livn_core.hookspecs.livn_backend_sidecars`."""
    checked = parse_options(options)
    parsed = parse_source(source)
    if not parsed.scheme:
        return None
    from livn_pyfive.sidecars import list_sidecars

    return list_sidecars(parsed, checked.storage_options)
