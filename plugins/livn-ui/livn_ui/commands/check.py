"""``livn ui check``: walk from ``LIVN_HSDS`` to the last system, and say at each step what is right, or what to do."""

from __future__ import annotations

import sys
from pathlib import Path

import attrs
import click

from livn_core.cli._options import json_option
from livn_core.cli._output import print_heading, print_json, print_line, print_table
from livn_core.cli._text import one_line
from livn_core.locations import redacted
from livn_ui import checking
from livn_ui.commands._arguments import ENDPOINT, Option, ui_command, ui_options

_ROOT_DIR = Option("root_dir", "Check the server of this directory of systems.", Path, None, "systems/graphs")
_ENDPOINT = attrs.evolve(ENDPOINT, help="The same as ENDPOINT.", shown=None)
_BUCKET = Option("bucket", "Bucket of HSDS.", str, None, "that of the server found, else data")
_FILES_ENDPOINT = Option("files_endpoint", "Address of the companion.", str, None, "same host, next port")
_ORIGIN = Option("origin", "Origin of the web pages that should be let in.", str, "http://localhost:5173")
_TIMEOUT = Option("timeout", "Seconds for each request.", float, 5.0)


@ui_command("check")
@click.argument("address", metavar="[ENDPOINT]", required=False)
@ui_options(_ROOT_DIR, _ENDPOINT, _BUCKET, _FILES_ENDPOINT, _ORIGIN, _TIMEOUT)
@json_option
def check(
    *,
    address: str | None,
    root_dir: Path | None,
    endpoint: str | None,
    bucket: str | None,
    files_endpoint: str | None,
    origin: str,
    timeout: float,
    as_json: bool,
) -> None:
    """Check everything between a reader and the systems on a server.

    ENDPOINT is the address of HSDS. Left out, it is the server of root_dir if that is given, else the one that
    LIVN_HSDS names, else the one that serves systems/graphs, else http://localhost:5101. Nothing is changed on it,
    and it is asked without a password first.

    Exit code 0: systems can be read (there may be warnings); 1: they cannot.
    """
    if address and endpoint:
        raise click.UsageError("the endpoint is given twice")
    if timeout <= 0:
        raise click.BadParameter("must be more than 0 seconds", param_hint="timeout")
    target = checking.find_target(address or endpoint, root_dir, bucket, files_endpoint)
    report = checking.check(target, origin, timeout)
    _show(report, as_json)
    sys.exit(0 if report.usable else 1)


def _show(report: checking.Report, as_json: bool) -> None:
    steps = [_without_secrets(step) for step in report.steps]
    if as_json:
        print_json(attrs.evolve(report, steps=tuple(steps)).document())
        return
    print_table(("step", "status", "found"), [(step.name, step.status, step.found) for step in steps])
    if any(step.remedy for step in steps):
        print_line("")
        print_heading("what to do")
    for step in steps:
        if step.remedy:  # outside of the table, which would break a long command into pieces
            print_line(f"{step.name}: {step.remedy}")


def _without_secrets(step: checking.Step) -> checking.Step:
    return attrs.evolve(step, found=redacted(one_line(step.found)), remedy=one_line(step.remedy))
