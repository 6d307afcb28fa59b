"""Check morphologies: columns that belong together, parents, sections and links that exist."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from livn_core.checking._cells import Attribute
from livn_core.checking._looking import Look
from livn_core.h5file import AnyArray
from livn_core.neuroh5._trees import COLUMNS, FLOATS, LINKS, POINTS, Trees
from livn_core.neuroh5.values import Population

CODES = {
    POINTS["parent"]: "tree-parent-outside",
    COLUMNS["sections"]: "tree-sections-broken",
    LINKS["src"]: "tree-link-outside",
    LINKS["dst"]: "tree-link-outside",
}
PLACES = ("x", "y", "z", "radius")


def check_trees(look: Look, population: Population, found: Mapping[str, Attribute]) -> None:
    """Check the trees of a population that has some.

    Parameters
    ----------
    found
        The sound columns, by name of their group.
    """
    top = f"/Populations/{population.name}/Trees"
    for name in COLUMNS.values():
        if not look.is_group(f"{top}/{name}"):
            look.found("tree-column-missing", top, f"has no {name!r}")
    if any(name not in found for name in COLUMNS.values()):
        return
    if _integers(look, found) and _same_cells(look, found) and _same_lengths(look, population, found):
        _check_places(look, found)
        for gid, column, problem in Trees(look.store, population).problems():
            look.found(CODES[column], f"{top}/{column}", f"cell {gid} {problem}")


def _integers(look: Look, found: Mapping[str, Attribute]) -> bool:
    floats = [
        name
        for name in COLUMNS.values()
        if not name.endswith(FLOATS) and getattr(look.dtype(found[name].values), "kind", "") not in "iu"
    ]
    for name in floats:
        look.found("not-integers", found[name].values, f"is of dtype {look.dtype(found[name].values)}")
    return not floats


def _same_cells(look: Look, found: Mapping[str, Attribute]) -> bool:
    first = found[POINTS["x"]]
    same = True
    for name in COLUMNS.values():
        if not np.array_equal(np.unique(found[name].cells), np.unique(first.cells)):
            look.found("tree-cells-differ", found[name].path, f"belongs to other cells than {first.path}")
            same = False
    return same


def _same_lengths(look: Look, population: Population, found: Mapping[str, Attribute]) -> bool:
    same = True
    for columns, owner in ((POINTS.values(), POINTS["x"]), (LINKS.values(), LINKS["src"])):
        expected = _lengths(found[owner], population.count)
        for name in columns:
            wrong = np.flatnonzero(_lengths(found[name], population.count) != expected)
            if wrong.size:
                gid = int(wrong[0]) + population.start
                problem = f"{wrong.size:,} trees have another number of values than in {owner!r}, the first is {gid}"
                look.found("tree-lengths-differ", found[name].path, problem)
                same = False
    return same


def _lengths(attribute: Attribute, count: int) -> AnyArray:
    return np.bincount(attribute.cells.astype(np.intp, copy=False), attribute.counts, minlength=count)


def _check_places(look: Look, found: Mapping[str, Attribute]) -> None:
    for field in PLACES:
        node = found[POINTS[field]].values
        wrong = sum(int((~np.isfinite(piece)).sum()) for _, piece in look.pieces(node))
        if wrong:
            look.found("tree-not-finite", node, f"{wrong:,} values are no numbers")
