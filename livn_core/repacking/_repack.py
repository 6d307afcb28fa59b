"""Repack a system, verify the copy, and only then let it appear."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import attrs

from livn_core.backends import BackendNames, local_backends
from livn_core.comparing._hash import ContentHash, hash_of
from livn_core.comparing._manifest import manifest
from livn_core.errors import BackendError, InvalidArgumentError
from livn_core.repacking._contents import contents_of
from livn_core.repacking._left_out import left_out
from livn_core.repacking._measure import Extent, extent_of
from livn_core.system._system import System
from livn_core.system._whole import Whole, open_whole
from livn_core.writing._atomic import check_free, check_may_be_file, place, workspace
from livn_core.writing._storage import Storage
from livn_core.writing._system import write_files

ONE_BLOCK = 2**62
LEAST = 1024
PURPOSES: Mapping[str, Storage] = MappingProxyType(
    {
        "local": Storage(max_block_edges=ONE_BLOCK, any_dtype=True),
        # 1 MiB of four-byte values: what HSDS takes for the least that is worth a request.
        "remote": Storage(2**18, 4, shuffle=True, max_block_edges=ONE_BLOCK, any_dtype=True, least=LEAST),
        "archive": Storage(2**20, 9, shuffle=True, max_block_edges=ONE_BLOCK, any_dtype=True, least=LEAST),
    }
)
"""How arrays are stored for each purpose. ``"local"``: contiguous, uncompressed. ``"remote"``: chunks of 262,144
elements, gzip 4, shuffled. ``"archive"``: chunks of 1,048,576 elements, gzip 9, shuffled. Arrays of fewer than 1,024
elements are always contiguous."""


@attrs.frozen
class Repacked:
    """What came of repacking."""

    path: Path
    """What was written."""
    hash: str
    """The content hash, which source and copy share."""
    before: Extent
    after: Extent
    seconds_before: float
    """How long it took to read and hash all of the source."""
    seconds_after: float
    """How long it took to read and hash all of the copy."""
    left_out: tuple[str, ...]
    """What lies in the source and nobody reads: it did not come along."""


def repack(
    source: str | os.PathLike[str] | System,
    target: str | os.PathLike[str],
    *,
    purpose: str = "local",
    backend: BackendNames | None = None,
    options: Mapping[str, object] | None = None,
) -> Repacked:
    """Write a system again as it is best read.

    Each projection becomes one block of cells in ascending order, cells that were stored in pieces become whole, and
    arrays get the layout that suits how they will be read. Everything that livn-core reads is kept, bit for bit, which
    is verified: source and copy have the same content hash, or there is no copy. A block at a time is in memory.

    Parameters
    ----------
    source
        A path, an address, or an open system; of one HDF5 file, one is made.
    target
        The directory, or the file, to make. It must not be there yet, and appears when it is complete and verified.
    purpose
        One of :data:`livn_core.repacking.PURPOSES`: ``"local"``, ``"remote"``, ``"archive"``.
    backend, options
        As for :class:`livn_core.System`, for reading the source.

    Returns
    -------
    Repacked
        What was gained, and what was left out.

    Raises
    ------
    InvalidArgumentError
        There is no such purpose, the target exists, or something cannot be written, such as a population without
        cells that begins inside another.
    BackendError
        The copy does not hold what the source holds: a fault of the disk, or of the source while it was read.
    FileNotFoundError, FormatError
        The source cannot be read, or links in it branch in circles.
    ImportError
        h5py is not installed.

    Notes
    -----
    A projection of which fewer than one cell in eight has edges keeps its gaps, and with them several blocks.
    """
    if purpose not in PURPOSES:
        raise InvalidArgumentError(f"the purpose is one of {', '.join(PURPOSES)}, not {purpose!r}")
    path = check_free(target, overwrite=None)
    with open_whole(source, backend, options) as whole:
        if whole.system is None:
            check_may_be_file(target)
        return repack_whole(whole, path, PURPOSES[purpose])


def repack_whole(whole: Whole, target: Path, storage: Storage) -> Repacked:
    """Repack what is open; the target is free."""
    before, lost = extent_of(whole), left_out(whole)
    found, seconds = _hashed(whole)
    with workspace(target) as beside:
        copy = beside / target.name
        _write(whole, copy, storage)
        with open_whole(copy, _backend_of_copy(whole, copy)) as written:
            again, seconds_again = _hashed(written)
            after = extent_of(written)
        if again.value != found.value:
            wrong = sorted(set(found.lines) ^ set(again.lines))[0]
            raise BackendError(f"{target}: the copy does not hold what {whole.place} holds, and was removed: {wrong}")
        place(copy, target)
    return Repacked(target, found.value, before, after, seconds, seconds_again, lost)


def _hashed(whole: Whole) -> tuple[ContentHash, float]:
    start = time.perf_counter()
    return hash_of(manifest(whole)), time.perf_counter() - start


def _backend_of_copy(whole: Whole, copy: Path) -> BackendNames:
    """What reads the copy, a local file: that of the source if that reads such files, since it was asked for."""
    local = local_backends(str(copy))
    name = whole.cells.selection.name
    return name if name in local or not local else local


def _write(whole: Whole, copy: Path, storage: Storage) -> None:
    contents = contents_of(whole)
    if whole.system is None:
        contents.write(copy, storage)
        return
    copy.mkdir()
    write_files(contents, copy, "single" if whole.cells is whole.connections else "pair", storage)
    for name in whole.document_names:
        content = whole.document(name)  # before anything is made of a name that a server gave: one may lead out
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes(content)
