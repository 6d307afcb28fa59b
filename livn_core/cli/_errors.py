"""Errors of the command line: one readable line and an exit code; the traceback only with ``--debug``."""

from __future__ import annotations

import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import click

from livn_core.errors import LivnError

FAILED = 1
INTERRUPTED = 130


@contextmanager
def reported(debug: bool) -> Iterator[None]:
    """Report what goes wrong inside the block, and exit.

    Errors that livn-core or the operating system raise on purpose become one line. Anything else is a bug and shows
    its traceback.
    """
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning
        try:
            yield
        except click.exceptions.Exit as done:
            sys.exit(done.exit_code)
        except click.Abort:
            click.echo("interrupted", err=True)
            sys.exit(INTERRUPTED)
        except click.ClickException as error:
            error.show()
            sys.exit(error.exit_code)
        except BrokenPipeError:
            # The reader of our pipe has gone, as `head` does; Python would complain once more at exit.
            sys.stderr.close()
            sys.exit(FAILED)
        except (LivnError, OSError) as error:
            if debug:
                traceback.print_exc()
            else:
                click.echo(f"error: {error}", err=True)
            sys.exit(FAILED)


def _show_warning(  # noqa: PLR0917 - the signature is that of warnings.showwarning
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    click.echo(f"warning: {message}", err=True)
