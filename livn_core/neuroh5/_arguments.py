"""Checks of single arguments, shared by values and the read routine."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from livn_core.errors import InvalidArgumentError, InvalidTypeError
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


def as_max_bytes(max_bytes: object) -> int:
    """Check the largest size of a block.

    Raises
    ------
    InvalidTypeError, InvalidArgumentError
        It is no integer, or not above 0.
    """
    if is_bool(max_bytes) or not isinstance(max_bytes, int | np.integer):
        raise InvalidTypeError(f"max_bytes must be an integer, not {max_bytes!r}")
    if max_bytes <= 0:
        raise InvalidArgumentError(f"max_bytes must be positive, not {max_bytes}")
    return int(max_bytes)


def is_among(gid: object, gids: IntArray) -> bool:
    """Whether any value is one of some gids; what cannot be a gid is none of them."""
    return isinstance(gid, int | np.integer) and not is_bool(gid) and bool(np.isin(gid, gids))


def as_weight(weight: object) -> tuple[str, ...]:
    """Check the edge attribute that becomes the entries of a matrix: none, or one name.

    Raises
    ------
    InvalidTypeError
        It is something else.
    """
    if weight is None:
        return ()
    if not isinstance(weight, str):
        raise InvalidTypeError(
            f"weight must be the name of one edge attribute, 'Namespace/name', or None to count edges, not {weight!r}"
        )
    return (weight,)


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
