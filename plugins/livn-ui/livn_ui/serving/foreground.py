"""Run in the foreground until somebody says stop: Ctrl-C, SIGTERM, or a terminal that is closed."""

from __future__ import annotations

import contextlib
import os
import select
import signal
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

_STOPPING = ("SIGINT", "SIGTERM", "SIGHUP")
_INTERVAL = 0.25
"""Seconds between two looks at the servers."""


class StopSignals:
    """Notes signals instead of obeying them, as a context manager in the main thread.

    A signal that is ignored stays so: ``nohup`` ignores SIGHUP for us, and a shell SIGINT for what runs in the
    background.
    """

    def __init__(self) -> None:
        self.received: list[str] = []
        """Names of the signals that came, in order."""
        self._former: dict[signal.Signals, Any] = {}
        self._woken, self._wake = -1, -1

    def __enter__(self) -> Self:
        # A pipe, because a handler may run in the middle of anything, and no lock of threading can be taken there.
        self._woken, self._wake = os.pipe()
        os.set_blocking(self._wake, False)
        for name in _STOPPING:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                self._former[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, former in self._former.items():
            signal.signal(number, former)
        os.close(self._woken)
        os.close(self._wake)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.received.append(signal.Signals(number).name)
        with contextlib.suppress(OSError):
            os.write(self._wake, b"x")

    def none_yet(self) -> bool:
        """Whether no signal has come."""
        return not self.received

    def run_until_stopped(self, check: Callable[[], None]) -> str:
        """Call ``check`` again and again, until a signal comes or ``check`` raises.

        Returns
        -------
        str
            The name of the signal.
        """
        while not self.received:
            check()
            select.select([self._woken], [], [], _INTERVAL)
        return self.received[0]
