"""How far an import is: bars on a terminal, a line now and then in a pipe, and a line for each file that is done."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from livn_core.cli._output import on_terminal
from livn_core.cli._text import printable
from livn_ui.importing.progress import COMPARING, WRITING, Step

_EVERY = 10.0
_WITH_VALUES = (WRITING, COMPARING)


class Display:
    """Shows the steps of an import.

    Parameters
    ----------
    root_dir
        The directory of systems; files are named from there.
    """

    def __init__(self, root_dir: Path) -> None:
        self._root_dir = root_dir
        self._lock = threading.Lock()
        self._bars: dict[Path, TaskID] = {}
        self._begun: dict[Path, tuple[str, float]] = {}
        self._said: dict[Path, float] = {}
        self._progress = _progress() if on_terminal() else None

    def __enter__(self) -> Self:
        if self._progress is not None:
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def name(self, path: Path) -> str:
        """A file's name, as people are shown it."""
        return printable(path.relative_to(self._root_dir).as_posix())

    def step(self, step: Step) -> None:
        """Show a step; called from any thread."""
        with self._lock:
            if self._progress is not None:
                self._move(self._progress, step)
            else:
                self._say_now_and_then(step)

    def _move(self, progress: Progress, step: Step) -> None:
        stage, _ = self._begun.get(step.source, ("", 0.0))
        if step.source not in self._bars:
            self._bars[step.source] = progress.add_task(self.name(step.source), total=None, stage=step.stage)
        bar = self._bars[step.source]
        if stage != step.stage:
            self._begun[step.source] = (step.stage, time.monotonic())
            progress.reset(bar, total=step.total or None, stage=step.stage)
        progress.update(bar, completed=step.done)

    def _say_now_and_then(self, step: Step) -> None:
        now = time.monotonic()
        stage, began = self._begun.get(step.source, ("", now))
        if stage != step.stage:
            self._begun[step.source] = (step.stage, now)
            began = now
        if now - self._said.setdefault(step.source, now) < _EVERY:
            return
        self._said[step.source] = now
        seconds = now - began
        if step.total and step.done and seconds:
            rate = step.done / seconds
            left = (step.total - step.done) / rate
            text = f"{step.stage} {step.done / step.total:.0%}, {size(rate)}/s, {left:.0f} s left"
        else:
            text = step.stage
        self.line(f"{self.name(step.source)}: {text}")

    def over(self, path: Path, text: str, *, error: bool = False) -> None:
        """Show what became of a file, instead of its bar."""
        with self._lock:
            bar = self._bars.pop(path, None)
            if self._progress is not None and bar is not None:
                self._progress.remove_task(bar)
            self.line(f"{self.name(path)}: {text}", error=error)

    def line(self, text: str, *, error: bool = False) -> None:
        """A line that stays; an error goes to standard error, where that is not the same."""
        if self._progress is not None:
            self._progress.console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            click.echo(text, err=error)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}", markup=False),
        TextColumn("{task.fields[stage]}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(),
        transient=True,
    )


def size(count: float) -> str:
    """A number of bytes, as people read it."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}" if unit != "B" else f"{count:.0f} B"
        count /= 1000
    return f"{count:.3g} GB"
