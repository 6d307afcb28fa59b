"""The backend ``h5py``: local HDF5 files, read by the HDF5 library itself.

These two hooks are all that livn-core needs. There is no priority hook, so this backend ranks below livn's own and
is taken only by name, ``backend="h5py"``, or where nothing else is installed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from livn_core import Availability, ConfigError, hookimpl

if TYPE_CHECKING:
    from livn_h5py.file import File


@hookimpl
def livn_backend_available(source: str | None) -> Availability:
    """Say yes to local paths. Nothing is opened here, and h5py is not imported."""
    if source is not None and "://" in source:
        return Availability.no("reads local files only")
    return Availability.yes("local path")


@hookimpl
def livn_backend_open(source: str, options: Mapping[str, object]) -> File:
    """Open a local file. Heavy imports live in here, so that listing backends stays cheap."""
    if options:
        raise ConfigError(f"the h5py backend takes no options, but got {', '.join(sorted(options))}")
    from livn_h5py.file import open_file

    return open_file(source)
