"""Count what lies in the files of a system: bytes, blocks, chunks."""

from __future__ import annotations

from math import prod
from pathlib import Path

import attrs

from livn_core.locations import is_address
from livn_core.neuroh5._layout import BLOCK_INDEX
from livn_core.repacking._left_out import datasets_of
from livn_core.system._whole import Whole


@attrs.frozen
class Extent:
    """What a system takes, and in how many pieces it lies."""

    n_bytes: int | None
    """Bytes of its HDF5 files; ``None`` where they do not lie on this machine."""
    blocks: int
    """Destination blocks of all projections."""
    chunks: int | None
    """Chunks of all datasets, one for each that is contiguous; ``None`` where the backend does not say."""


def extent_of(whole: Whole) -> Extent:
    """Measure an open system; no values are read."""
    places = [file.source for file in whole.files]
    local = all(not is_address(place) and Path(place).is_file() for place in places)
    size = sum(Path(place).stat().st_size for place in places) if local else None
    blocks, chunks = 0, 0
    said = True
    for file in whole.files:
        for path in datasets_of(file):
            dataset = file._store.get(path)
            chunk = getattr(dataset, "chunks", None)
            said = said and hasattr(dataset, "chunks")
            chunks += prod(-(-length // one) for length, one in zip(dataset.shape, chunk, strict=True)) if chunk else 1
            blocks += prod(dataset.shape[:1]) if path.endswith(f"/{BLOCK_INDEX}") else 0
    return Extent(size, blocks, chunks if said else None)
