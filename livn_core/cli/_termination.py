"""SIGTERM, as of Slurm or ``timeout``: an ending that cleans up behind itself, as that of Ctrl-C does."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Terminated(KeyboardInterrupt):
    """Somebody asked this process to end; what lets Ctrl-C through lets this through."""


@contextmanager
def unwinding() -> Iterator[None]:
    """Raise :class:`Terminated` in the block when SIGTERM comes, unless it is ignored here or somebody else's."""
    number = getattr(signal, "SIGTERM", None)
    in_main_thread = threading.current_thread() is threading.main_thread()
    if number is None or not in_main_thread or signal.getsignal(number) is not signal.SIG_DFL:
        yield
        return
    signal.signal(number, _terminate)
    try:
        yield
    finally:
        if signal.getsignal(number) is _terminate:
            signal.signal(number, signal.SIG_DFL)


def _terminate(number: int, frame: FrameType | None) -> None:
    # One more must not break off the cleaning up. SIG_IGN would be inherited by what is started meanwhile.
    signal.signal(number, _pass_over)
    raise Terminated


def _pass_over(number: int, frame: FrameType | None) -> None:
    pass
