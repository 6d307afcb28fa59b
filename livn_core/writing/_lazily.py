"""Values that are made when they are asked for, so that no two of them are in memory together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Lazily(Mapping[Key, Value]):
    """A mapping that makes each value anew.

    Parameters
    ----------
    keys
        The keys, in order.
    make
        Makes the value of a key.
    """

    def __init__(self, keys: Sequence[Key], make: Callable[[Key], Value]) -> None:
        self._keys, self._make = keys, make

    def __getitem__(self, key: Key) -> Value:
        if key not in self._keys:
            raise KeyError(key)
        return self._make(key)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


def whole_if_one(pieces: Iterator[Value], count: int) -> Value | Iterator[Value]:
    """The piece itself where there is only one: it is written in one go, without chunks."""
    if count > 1:
        return pieces
    [whole] = pieces
    return whole
