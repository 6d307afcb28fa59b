"""Repair a system where there is one way only: write it again, and say what remains."""

from __future__ import annotations

import os
from collections.abc import Mapping

import attrs
import numpy as np

from livn_core.backends import BackendNames, local_backends
from livn_core.checking._findings import Finding
from livn_core.checking._patched import Patched
from livn_core.checking._validate import Validation, validate
from livn_core.errors import FormatError
from livn_core.h5file import AnyArray
from livn_core.locations import shown
from livn_core.neuroh5 import NeuroH5File
from livn_core.neuroh5._layout import POINTER
from livn_core.repacking._repack import PURPOSES, Repacked, repack_whole
from livn_core.system._whole import open_whole
from livn_core.writing._atomic import check_free, check_may_be_file


@attrs.frozen
class Fixed:
    """What a repair came to."""

    fixed: tuple[Finding, ...]
    """Findings about the source that the copy does not have."""
    remaining: Validation
    """What is found in the copy."""
    repacked: Repacked
    """How the copy was written, and what was left out."""


def fix(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    backend: BackendNames | None = None,
    options: Mapping[str, object] | None = None,
) -> Fixed:
    """Write a repaired copy of a system or a file; the source stays as it is.

    Repaired is what has one possible meaning: a last block pointer that is too long or too short, cells that lie in
    several blocks or have several rows, blocks that are out of order, missing entries of the table of valid
    projections, labels that are not committed, widths of indices, a missing attribute pointer, the older layout. The
    copy is written and verified as by :func:`livn_core.repack`, for local reading.

    Parameters
    ----------
    source
        A path or an address.
    target
        What to make; it must not be there yet.
    backend, options
        As for :class:`livn_core.System`.

    Returns
    -------
    Fixed
        What was repaired, and what was not.

    Raises
    ------
    FormatError
        Something is wrong that cannot be repaired without guessing, so that the source cannot be read; there is no
        copy then.
    InvalidArgumentError
        The target exists.
    FileNotFoundError, NoBackendError, BackendError
        As for :func:`livn_core.validate`.
    """
    path = check_free(target, overwrite=None)
    before = validate(source, backend=backend, options=options)
    try:
        with open_whole(source, backend, options) as whole:
            if whole.system is None:
                check_may_be_file(target)
            cells = _patched(whole.cells, before)
            connections = cells if whole.connections is whole.cells else whole.connections
            if connections is not None and connections is not cells:
                connections = _patched(connections, before)
            patched = attrs.evolve(whole, cells=cells, connections=connections)
            done = repack_whole(patched, path, PURPOSES["local"])
    except FormatError as error:
        error.add_note("livn: this cannot be repaired without guessing; no copy was written")
        raise
    after = validate(target, backend=local_backends(os.fspath(target)) or None)
    there = {(one.code, _name(one.file), one.node) for one in after}
    gone = tuple(one for one in before if (one.code, _name(one.file), one.node) not in there)
    return Fixed(gone, after, done)


def _name(file: str) -> str:
    return file.rsplit("/", 1)[-1]


def _patched(file: NeuroH5File, found: Validation) -> NeuroH5File:
    """The same file, its last block pointers as they have to be."""
    arrays: dict[str, AnyArray] = {}
    for finding in found:
        if finding.code == "block-pointer-end" and finding.file == shown(file.source):
            pointer = file._store.integers(finding.node)[0]
            cells = file._store.length(f"{finding.node.rsplit('/', 1)[0]}/{POINTER}") - 1
            arrays[finding.node] = np.append(pointer[:-1], cells + 1)
    if not arrays:
        return file
    return NeuroH5File(Patched(file._store.file, arrays), file.source, file.selection)
