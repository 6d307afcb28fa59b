"""Do something with many things, a few at a time, and keep no more of them in memory than that."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

AT_A_TIME = 3
"""Requests for one file: one is being made, one on its way, one worked on. More gain nothing with one data node."""


def for_each(function: Callable[[T], object], things: Iterable[T], at_a_time: int = AT_A_TIME) -> None:
    """Call ``function`` with each of ``things``, in threads; the first error ends it, after what is under way."""
    waiting: deque[Future[object]] = deque()
    with ThreadPoolExecutor(at_a_time) as pool:
        try:
            for thing in things:
                if len(waiting) >= 2 * at_a_time:
                    waiting.popleft().result()
                waiting.append(pool.submit(function, thing))
            while waiting:
                waiting.popleft().result()
        except BaseException:
            for one in waiting:
                one.cancel()
            raise
