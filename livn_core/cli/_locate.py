"""From what a user names on the command line to the place of a system, or of one HDF5 file."""

from __future__ import annotations

from pathlib import Path

from livn_core.backends import BackendNames, server_in_play
from livn_core.errors import SystemNotFoundError
from livn_core.locations import has_hdf5_suffix, is_address, is_one_file, join
from livn_core.system import predefined

ONE_FILE, CELLS = "graph.h5", "cells.h5"


def locate(name: str, backend: BackendNames | None = None) -> str:
    """Turn what a user names into a path or an address: one that is there, else the name of a predefined system.

    Parameters
    ----------
    name
        A path, an address, or the name of a system.
    backend
        The backends that were asked for. Where one of them, or of all, reads from a server, a path stands for what
        the server has, and need not exist on this machine.

    Raises
    ------
    SystemNotFoundError
        It is neither.
    """
    if is_address(name) or Path(name).exists():
        return name
    if not (any(mark in name for mark in "/\\") or has_hdf5_suffix(name)):
        return predefined(name, backend=backend)
    if server_in_play(backend):
        return name
    raise SystemNotFoundError(f"{name}: no such file or directory")


def files_to_probe(place: str, backend: BackendNames | None = None) -> tuple[str, ...]:
    """The HDF5 file that a place is, or in which its system keeps its cells: the names to try, in order.

    Raises
    ------
    SystemNotFoundError
        It is a directory without any.
    """
    if is_one_file(place):
        return (place,)
    files = tuple(join(place, name) for name in (ONE_FILE, CELLS))
    if is_address(place) or server_in_play(backend):
        return files
    there = tuple(file for file in files if Path(file).is_file())
    if not there:
        raise SystemNotFoundError(f"{place}: this directory is no system: it has neither {ONE_FILE} nor {CELLS}")
    return there[:1]
