"""Rules of the format that cells and edges share."""

from __future__ import annotations

import numpy as np

from livn_core.h5file import AnyArray, IntArray
from livn_core.neuroh5._store import Store
from livn_core.neuroh5.values import Population


def check_cells(store: Store, node: str, cells: AnyArray, population: Population) -> None:
    """Refuse indices, relative to a population, of cells that it does not have.

    Raises
    ------
    FormatError
        A cell lies outside.
    """
    if cells.size and (cells.max() >= population.count or (cells.dtype.kind == "i" and cells.min() < 0)):
        wrong = cells.max() if cells.max() >= population.count else cells.min()
        raise store.error(
            node, f"cell {wrong} lies outside population {population.name}, which has {population.count} cells"
        )


def check_pointer(store: Store, node: str, pointer: IntArray, size: int, what: str) -> None:
    """Refuse a pointer that does not cover an array of ``size`` elements, called ``what``, exactly once.

    Raises
    ------
    FormatError
        It begins late, ends elsewhere, or decreases.
    """
    if pointer[0] != 0 or pointer[-1] != size:
        raise store.error(node, f"must lead from 0 to {size}, the number of {what}, not {pointer[0]} to {pointer[-1]}")
    if (np.diff(pointer) < 0).any():
        raise store.error(node, "must never decrease")
