"""A property that is worked out when it is first asked for."""

from __future__ import annotations

from functools import cached_property
from typing import Any, TypeVar, overload

Value = TypeVar("Value")


class Lazy(cached_property[Value]):
    """As its base, which until Python 3.12 holds a lock while it works.

    That lock is one for all objects, so that no two threads could read at once, and a child that is forked meanwhile
    would wait for it for ever. Here two threads at worst do the same work twice, and both get what came first.
    """

    @overload
    def __get__(self, instance: None, owner: type[Any] | None = None) -> Lazy[Value]: ...
    @overload
    def __get__(self, instance: object, owner: type[Any] | None = None) -> Value: ...
    def __get__(self, instance: object | None, owner: type[Any] | None = None) -> Value | Lazy[Value]:
        if instance is None:
            return self
        assert self.attrname is not None
        value = self.func(instance)
        # An entry of the instance's dictionary hides this object from now on.
        kept: Value = instance.__dict__.setdefault(self.attrname, value)
        return kept
