"""A property that is worked out when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

Value = TypeVar("Value")


class Lazy(Generic[Value]):
    """As ``functools.cached_property``, which until Python 3.12 holds a lock.

    That lock is one for all objects, so that no two threads could read an index at once, and a child that is forked
    meanwhile would wait for it for ever. Here two threads at worst do the same work twice.
    """

    def __init__(self, work: Callable[[Any], Value]) -> None:
        self._work = work
        self.__doc__ = work.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Lazy[Value]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> Value: ...
    def __get__(self, instance: object | None, owner: type) -> Value | Lazy[Value]:
        if instance is None:
            return self
        value = self._work(instance)
        # An entry of the instance's dictionary hides this object from now on.
        instance.__dict__[self._name] = value
        return value
