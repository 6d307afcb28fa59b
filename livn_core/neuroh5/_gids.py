"""Turn what a user gives as gids into an ascending, unique int64 array."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import numpy as np

from livn_core.errors import InvalidTypeError, UnknownNameError
from livn_core.h5file import AnyArray, IntArray
from livn_core.neuroh5._arguments import is_bool
from livn_core.neuroh5.values import Population

_BOOLS = {bool, np.bool_}

Gids: TypeAlias = int | Iterable[int] | AnyArray


def as_gids(gids: Gids, population: Population, where: str) -> IntArray:
    """Check gids against a population.

    Parameters
    ----------
    gids
        One gid, or any number in any order; duplicates are ignored.
    population
        Where they must belong.
    where
        The file, for messages.

    Returns
    -------
    int64 array, ascending and unique.

    Raises
    ------
    InvalidTypeError
        They are no integers; a bool is none.
    UnknownNameError
        A gid lies outside the population.
    """
    array = as_integers(gids)
    if array.size == 0:
        return np.empty(0, np.int64)
    # Most callers give them in order, and comparing neighbours is cheaper than sorting.
    unique = array if array.size == 1 or (array[1:] > array[:-1]).all() else np.unique(array)
    if unique[0] < population.start or unique[-1] >= population.stop:
        wrong = unique[0] if unique[0] < population.start else unique[-1]
        held = f"{population.start} to {population.stop - 1}" if population.count else "no cell"
        raise UnknownNameError(f"{where}: gid {wrong} is not in population {population.name}, which holds {held}")
    return unique.astype(np.int64)


def as_integers(gids: object, what: str = "gids") -> AnyArray:
    """One integer, or any number of them, as a 1-D array of whatever width they have.

    Raises
    ------
    InvalidTypeError
        They are something else; a bool is no integer.
    """
    if isinstance(gids, str | bytes | Mapping) or is_bool(gids):
        raise InvalidTypeError(f"{what} must be integers, not {gids!r}")
    if np.ma.is_masked(gids):
        raise InvalidTypeError(f"{what} must be integers, and some are masked; leave those out with compressed()")
    try:
        # Arrays of other libraries become one at once, not value by value.
        given = _listed(gids, what) if isinstance(gids, Iterable) and not hasattr(gids, "__array__") else gids
        array = np.atleast_1d(np.asarray(given))
    except (TypeError, ValueError) as error:
        raise InvalidTypeError(f"{what} must be a flat list of integers: {error}") from error
    if array.size and (array.dtype.kind not in "iu" or array.ndim > 1):
        raise InvalidTypeError(f"{what} must be a flat list of integers, not {array.ndim}-dimensional {array.dtype}")
    return array


def _listed(gids: Iterable[object], what: str) -> list[object]:
    given = list(gids)
    types = set(map(type, given))
    if not _BOOLS.isdisjoint(types):
        raise InvalidTypeError(f"{what} must be integers, and there is a bool among them")
    if len(types) > 1 and all(issubclass(one, int | np.integer) for one in types):
        # Of uint64 and int64 together numpy makes float64.
        return [int(one) for one in given]  # type: ignore[call-overload]
    return given
