"""Rules of the format that cells and edges share."""

from __future__ import annotations

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
    if not cells.size:
        return
    highest = cells.max()
    # Unsigned indices cannot be negative, and there may be many millions to look at.
    lowest = 0 if cells.dtype.kind == "u" else cells.min()
    if highest >= population.count or lowest < 0:
        wrong = highest if highest >= population.count else lowest
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
    check_rising(store, node, pointer)


def check_rising(store: Store, node: str, pointer: IntArray) -> None:
    """Refuse a pointer that decreases.

    Raises
    ------
    FormatError
        It does.
    """
    falls = pointer[1:] < pointer[:-1]
    if falls.any():
        at = int(falls.argmax())
        raise store.error(
            node, f"must never decrease, but falls from {pointer[at]} to {pointer[at + 1]} after element {at}"
        )
