"""Errors of the command line: one readable line, its notes, and an exit code; the traceback only with ``--debug``."""

from __future__ import annotations

import os
import re
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

import click

from livn_core.cli._termination import Terminated
from livn_core.cli._text import printable
from livn_core.errors import LivnError
from livn_core.locations import redacted

OPTIONS = {
    "overwrite=True": "--overwrite",
    "force=True": "--overwrite",
    "fallback=True": "--fallback",
    "name=": "--name",
}
"""What messages call by its name in Python, and its name on the command line."""

FAILED = 1
INTERRUPTED = 130
TERMINATED = 143


@contextmanager
def reported(debug: bool) -> Iterator[None]:
    """Report what goes wrong inside the block, and exit.

    Errors that livn-core or the operating system raise on purpose become one line, and one for each note on them.
    Anything else is a bug and shows its traceback.
    """
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning
        try:
            yield
        except (click.ClickException, click.Abort, KeyboardInterrupt, LivnError, OSError) as error:
            sys.exit(_report(error, debug))


def _report(error: BaseException, debug: bool) -> int:
    match error:
        case _ if isinstance(error, Terminated) or isinstance(error.__cause__, Terminated):  # click makes it an Abort
            _say("terminated")
            return TERMINATED
        case click.Abort() | KeyboardInterrupt():
            _say("interrupted")
            return INTERRUPTED
        case click.ClickException():
            if sys.stderr is not None:
                error.show()
            return error.exit_code
        case BrokenPipeError():
            _write_no_more()
        case _ if debug:
            traceback.print_exception(error)
        case _:
            _say(f"error: {_as_options(str(error))}")
            for note in getattr(error, "__notes__", ()):
                _say(f"note: {note.removeprefix('livn: ')}")
    return FAILED


def _as_options(text: str) -> str:
    """Name the options that a message advises as they are written here."""
    names = "|".join(map(re.escape, OPTIONS))
    return re.sub(rf"\b({names})(?=[\s,;.:)]|$)", lambda found: OPTIONS[found[1]], text)


def _write_no_more() -> None:
    """The reader of our pipe has gone, as ``head`` does, and Python would complain of it once more at exit."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _say(text: str) -> None:
    click.echo(printable(redacted(text), keep="\n"), err=True)


def _show_warning(  # noqa: PLR0917 - the signature is that of warnings.showwarning
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    _say(f"warning: {message}")
