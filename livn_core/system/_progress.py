"""A bar that shows how much of a download has arrived."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[int, int | None], None] | None]:
    """A bar on standard error, where that is a terminal; else nothing.

    Yields
    ------
    callable or None
        To be called with the bytes that have arrived and how many there are: ``progress=`` of :func:`livn_core.fetch`.
    """
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown_bar:
        task = shown_bar.add_task(title, total=None)
        yield lambda done, total: shown_bar.update(task, completed=done, total=total)
