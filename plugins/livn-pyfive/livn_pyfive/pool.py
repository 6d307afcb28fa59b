"""One small pool of threads for the whole process, which decodes chunks.

Inflating and copying release Python's lock, so threads help. The calling thread always works too: without threads
(Pyodide), or when all are busy, things are slower and nothing else.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from livn_core.threads import default_threads

_MOST = 16
_lock = threading.Lock()
_pool: ThreadPoolExecutor | None = None


def run_all(tasks: Sequence[Callable[[], None]], threads: int | None = None) -> None:
    """Run all tasks, in any order, and return when all are done.

    Parameters
    ----------
    tasks
        Functions that touch nothing in common.
    threads
        At most so many at once; ``None`` means what :func:`livn_core.threads.default_threads` says.

    Raises
    ------
    Exception
        The first that a task raised; tasks that had not begun are left out.
    """
    waiting = deque(tasks)

    def work() -> None:
        while True:
            try:
                task = waiting.popleft()
            except IndexError:
                return
            try:
                task()
            except BaseException:
                waiting.clear()
                raise

    wanted = min(threads or default_threads(), len(tasks), _MOST)
    helpers = _start(work, wanted - 1)
    try:
        work()
    finally:
        # A helper that has not begun has nothing left to do; one that has must finish before the file may close.
        running = [helper for helper in helpers if not helper.cancel()]
        errors = [error for helper in running if (error := helper.exception()) is not None]
    for error in errors:
        raise error


def _start(work: Callable[[], None], count: int) -> list[Future[None]]:
    helpers: list[Future[None]] = []
    if count < 1:
        return helpers
    try:
        executor = _executor()
        for _ in range(count):
            helpers.append(executor.submit(work))
    except RuntimeError:
        # No threads here (Pyodide), none left, or the interpreter is going down.
        pass
    return helpers


def _executor() -> ThreadPoolExecutor:
    global _pool  # noqa: PLW0603 - one pool for the process is what this module is for
    with _lock:
        if _pool is None:
            _pool = ThreadPoolExecutor(_MOST, thread_name_prefix="livn-pyfive")
        return _pool


def _after_fork() -> None:
    # The threads stayed in the parent.
    global _pool, _lock  # noqa: PLW0603
    _pool = None
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
