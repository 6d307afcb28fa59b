"""How far an import is, for whoever wants to show it; and the wish to end it, which is noticed at the same places."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import attrs

from livn_core.errors import LivnError

WAITING, HASHING, WRITING, FLUSHING, COMPARING, SWITCHING = (
    "waiting",
    "hashing",
    "writing",
    "flushing",
    "comparing",
    "switching",
)
"""What an import does with a file, in this order; it waits where another import of the same file runs."""


@attrs.frozen
class Step:
    """What is being done with one file."""

    source: Path
    domain: str
    stage: str
    done: int
    """Bytes of this stage that are done."""
    total: int
    """Bytes of this stage; 0 where they are not known."""


class ImportInterruptedError(LivnError):
    """Somebody asked the import to stop; the next one goes on where it was."""


class Watch:
    """Receives what happens to one file; safe to use from several threads.

    Parameters
    ----------
    source, domain
        The file, and what it becomes.
    tell
        Called with each step, from any thread, one at a time.
    stop
        Set by whoever wants the import to end.
    """

    def __init__(
        self,
        source: Path,
        domain: str,
        tell: Callable[[Step], None] | None = None,
        stop: threading.Event | None = None,
    ) -> None:
        self._step = Step(source, domain, WAITING, 0, 0)
        self._tell = tell
        self._stop = stop or threading.Event()
        self._lock = threading.Lock()

    def begin(self, stage: str, total: int = 0) -> None:
        """A new stage begins."""
        self._change(lambda step: attrs.evolve(step, stage=stage, done=0, total=total))

    def advance(self, size: int) -> None:
        """So many bytes of the stage are done."""
        self._change(lambda step: attrs.evolve(step, done=step.done + size))

    def _change(self, change: Callable[[Step], Step]) -> None:
        self.check()
        with self._lock:
            self._step = change(self._step)
            if self._tell is not None:
                self._tell(self._step)

    def check(self) -> None:
        """Raise an ``ImportInterruptedError`` if the import is to end."""
        if self._stop.is_set():
            raise ImportInterruptedError(
                f"{self._step.source}: the import was interrupted; the next one goes on from there"
            )

    def pause(self, seconds: float) -> None:
        """Wait, but not longer than the import is wanted."""
        self._stop.wait(seconds)
        self.check()
