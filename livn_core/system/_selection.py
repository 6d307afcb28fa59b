"""Subselections of cells: from a count, a fraction, gids or a region to the gids of each population.

What one specification selects is the same on every rank, on every machine and through every backend.
"""

from __future__ import annotations

import operator
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from livn_core.errors import InvalidArgumentError, InvalidTypeError, UnknownNameError, unknown_name
from livn_core.h5file import IntArray

METHODS: Final = ("first", "random", "patch", "nearest", "radius", "box", "layer")
Gids: TypeAlias = dict[str, IntArray]


def select(
    cells: Mapping[str, IntArray], spec: object, *, seed: int | None = 123, method: str | None = "first", place: str
) -> Gids:
    """Take cells by count, fraction or gid; see :meth:`livn_core.System.selection` for the meaning.

    Parameters
    ----------
    cells
        The gids of each eligible population: int64, ascending.
    spec
        A count, a fraction, or either or gids for each population.
    seed
        Seed for ``method="random"``.
    method
        ``"first"`` or ``"random"``.
    place
        The system, for error messages.

    Returns
    -------
    dict
        ``{population: gids}``, int64, ascending; a population of which none is taken is left out, unless the
        specification names its gids.
    """
    if isinstance(spec, Mapping):
        return _select_each(cells, spec, seed, method, place)
    counts = _counts({name: len(gids) for name, gids in cells.items()}, spec, place)
    return _take(cells, counts, seed, method)


def check_method(method: str | None) -> str:
    """Refuse a method that does not exist; None means the first of them."""
    if method is None:
        return METHODS[0]
    if method not in METHODS:
        raise unknown_method(method)
    return method


def unknown_method(method: object) -> InvalidArgumentError:
    """The error for a method of selection that does not exist."""
    return InvalidArgumentError(f"method={method!r} is no method of selection; there is {', '.join(METHODS)}")


def check_gids(gids: object, known: IntArray, population: str, place: str) -> IntArray:
    """Turn explicit gids into an array.

    Returns
    -------
    ndarray
        int64, ascending, unique.

    Raises
    ------
    InvalidTypeError
        They are not whole numbers.
    UnknownNameError
        One of them is no cell of the population.
    """
    array = np.asarray(sorted(gids) if isinstance(gids, set | frozenset) else gids)
    if array.size == 0:
        return np.empty(0, np.int64)
    if array.dtype.kind not in "iu" or array.ndim != 1:
        raise InvalidTypeError(f"the gids of population {population!r} have to be a list of whole numbers")
    unknown = np.setdiff1d(array, known)
    if len(unknown):
        span = f"{known[0]} to {known[-1]}" if len(known) else "none at all"
        listing = ", ".join(map(str, unknown[:3])) + (", …" if len(unknown) > 3 else "")
        raise UnknownNameError(f"{place}: population {population!r} has no gid {listing}; its gids are {span}")
    return np.unique(array).astype(np.int64)


def count_of(value: object, available: int, what: str) -> int:
    """A count as an int; bools are no counts, and numpy's integers are.

    Raises
    ------
    InvalidTypeError
        It is a bool, or no number.
    InvalidArgumentError
        It is negative, or more than there are.
    """
    if isinstance(value, bool | np.bool_):
        raise InvalidTypeError(f"{what} is a count or a fraction, not the bool {value}")
    try:
        count = operator.index(value)  # type: ignore[arg-type] # that is the question
    except TypeError:
        raise InvalidTypeError(f"{what} is a count, a fraction or gids, not {type(value).__name__}") from None
    if not 0 <= count <= available:
        raise InvalidArgumentError(f"{what} asks for {count} cells, but there are {available}")
    return count


def fraction_of(value: float, what: str) -> float:
    """A fraction between 0 and 1.

    Raises
    ------
    InvalidArgumentError
        It is outside, or no number.
    """
    if not 0 <= value <= 1:
        raise InvalidArgumentError(f"{what} is a fraction from 0 to 1 or a count, not {value}")
    return float(value)


def is_fraction(value: object) -> bool:
    """Whether a specification is a fraction rather than a count."""
    return isinstance(value, float | np.floating)


def is_gids(value: object) -> bool:
    """Whether a specification is explicit gids."""
    return isinstance(value, Collection) and not isinstance(value, str | bytes | Mapping)


def apportion(total: int, sizes: Sequence[int]) -> list[int]:
    """Share ``total`` out in proportion to ``sizes``, exactly: the largest remainders get what is left over.

    Equal remainders are served in order. This is Hamilton's method, in whole numbers.
    """
    whole = sum(sizes)
    if whole == 0:
        return [0] * len(sizes)
    shares = [divmod(total * size, whole) for size in sizes]
    counts = [share for share, _ in shares]
    by_remainder = sorted(range(len(sizes)), key=lambda index: (-shares[index][1], index))
    for index in by_remainder[: total - sum(counts)]:
        counts[index] += 1
    return counts


def _select_each(
    cells: Mapping[str, IntArray], spec: Mapping[Any, Any], seed: int | None, method: str | None, place: str
) -> Gids:
    explicit: Gids = {}
    counts: dict[str, int] = {}
    for name, gids in cells.items():
        if name in spec and is_gids(spec[name]):
            explicit[name] = check_gids(spec[name], gids, name, place)
        elif name in spec:
            counts[name] = _count(spec[name], len(gids), f"selection of {name!r}")
    taken = _take({name: gids for name, gids in cells.items() if name in counts}, counts, seed, method)
    found = {**explicit, **taken}
    return {name: found[name] for name in cells if name in found}


def _counts(sizes: Mapping[str, int], spec: object, place: str) -> dict[str, int]:
    if is_fraction(spec):
        return {name: _count(spec, size, "selection") for name, size in sizes.items()}
    total = count_of(spec, sum(sizes.values()), f"{place}: selection")
    return dict(zip(sizes, apportion(total, list(sizes.values())), strict=True))


def _count(value: object, size: int, what: str) -> int:
    if not is_fraction(value):
        return count_of(value, size, what)
    share = fraction_of(value, what)  # type: ignore[arg-type] # it is a float
    return max(1, round(share * size)) if share > 0 and size else 0


def _take(cells: Mapping[str, IntArray], counts: Mapping[str, int], seed: int | None, method: str | None) -> Gids:
    random = np.random.default_rng(seed) if method == "random" else None
    taken: Gids = {}
    for name, gids in cells.items():
        count = counts[name]
        if count and random is not None:
            taken[name] = np.sort(gids[random.choice(len(gids), size=count, replace=False)])
        elif count:
            taken[name] = gids[:count].copy()
    return taken


def eligible(cells: Mapping[str, IntArray], populations: Sequence[str] | None, spec: object, place: str) -> Gids:
    """The populations that may be selected from, in the order asked for, after checking every name that was given."""
    named = [*(populations or ()), *(spec if isinstance(spec, Mapping) else ())]
    for name in named:
        if name not in cells:
            raise unknown_name("population", name, cells, place)
    return {name: cells[name] for name in (cells if populations is None else populations)}


def as_box(bounds: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Two corners, lowest first: float64, shape (2, 2) or (2, 3), µm.

    Raises
    ------
    InvalidArgumentError
        ``bounds`` is something else.
    """
    try:
        box = np.array(bounds, np.float64)
    except (TypeError, ValueError):
        box = np.empty(0)
    if box.shape not in {(2, 2), (2, 3)} or not np.isfinite(box).all():
        raise InvalidArgumentError(f"bounds have to be two corners, [[x0, y0], [x1, y1]] in µm, not {bounds!r}")
    return np.sort(box, axis=0)
