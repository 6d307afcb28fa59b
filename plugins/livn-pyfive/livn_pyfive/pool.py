"""One small pool of threads for the whole process, which decodes chunks.

Inflating and copying release Python's lock, so threads help. The calling thread always works too: without threads
(Pyodide), or when all are busy, things are slower and nothing else.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

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
        At most so many at once, and never more than 16; ``None`` means what
        :func:`livn_core.threads.default_threads` says.

    Raises
    ------
    Exception
        The first that a task raised; tasks that had not begun are left out.
    """
    shared = _Shared(tasks)
    try:
        _ask_for_help(shared, min(threads or default_threads(), len(tasks), _MOST) - 1)
        shared.work()
    finally:
        errors = shared.finish()
    for error in errors:
        raise error


class _Shared:
    """Tasks that several threads take from, and how many threads of the pool are at it.

    An executor's futures do not tell: where it cannot start a thread, it has queued the call for all that, and gives
    none back. Another thread takes it from the queue, then or long after.
    """

    def __init__(self, tasks: Sequence[Callable[[], None]]) -> None:
        self._waiting = deque(tasks)
        self._changed = threading.Condition()
        self._helpers = 0
        self._finished = False
        self._errors: list[BaseException] = []

    def work(self) -> None:
        """Do tasks until none is left."""
        while True:
            try:
                task = self._waiting.popleft()
            except IndexError:
                return
            try:
                task()
            except BaseException:
                self._waiting.clear()
                raise

    def help(self) -> None:
        """The same from a thread of the pool; nothing, where the tasks were done without it."""
        with self._changed:
            if self._finished:
                return
            self._helpers += 1
        try:
            self.work()
        except BaseException as error:
            self._errors.append(error)
        finally:
            with self._changed:
                self._helpers -= 1
                self._changed.notify_all()

    def finish(self) -> list[BaseException]:
        """Let nobody begin any more, wait for those who are at it, and say what went wrong with them."""
        with self._changed:
            self._finished = True
            # What they read must not be closed, nor what they write be handed out, before they are done.
            self._changed.wait_for(lambda: not self._helpers)
        return self._errors


def _ask_for_help(shared: _Shared, count: int) -> None:
    if count < 1:
        return
    try:
        executor = _executor()
        for _ in range(count):
            executor.submit(shared.help)
    except RuntimeError:
        # No threads here (Pyodide), none left, or the interpreter is going down.
        pass


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
