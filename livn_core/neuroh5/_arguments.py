"""Checks of single arguments, shared by values and the read routine."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from livn_core.errors import InvalidTypeError
from livn_core.h5file import IntArray


def is_bool(value: object) -> bool:
    """Whether a value is a bool, which Python takes for an integer and a user never means as a gid."""
    return isinstance(value, bool | np.bool_)


def as_gid(gid: object) -> int:
    """Check that one value may be a gid.

    Raises
    ------
    InvalidTypeError
        It is no integer.
    """
    if is_bool(gid) or not isinstance(gid, int | np.integer):
        raise InvalidTypeError(f"a gid must be an integer, not {gid!r}")
    return int(gid)


def is_among(gid: object, gids: IntArray) -> bool:
    """Whether any value is one of some gids; what cannot be a gid is none of them."""
    return isinstance(gid, int | np.integer) and not is_bool(gid) and bool(np.isin(gid, gids))


def as_names(names: object, what: str) -> list[str]:
    """Check that an argument is a name, or several, and give each once, in the order given.

    Raises
    ------
    InvalidTypeError
        It is neither.
    """
    found = [names] if isinstance(names, str) else list(names) if isinstance(names, Iterable) else [names]
    for name in found:
        if not isinstance(name, str):
            raise InvalidTypeError(f"{what} must be a name or several, not {name!r}")
    return list(dict.fromkeys(found))
