"""``livn systems validate``: whether a system is sound, and where it is not."""

from __future__ import annotations

import sys
from typing import NoReturn

import attrs
import click

from livn_core.backends import BackendNames
from livn_core.checking import Validation, fix, report
from livn_core.checking import validate as check
from livn_core.cli._locate import locate
from livn_core.cli._options import backend_option, debug_option, json_option, system_argument
from livn_core.cli._output import print_heading, print_json, print_line


@click.command()
@system_argument("path")
@click.option("--fix", "copy", metavar="OUT", type=click.Path(), help="Write a repaired copy; OUT must not exist.")
@backend_option
@json_option
@debug_option
def validate(path: str, copy: str | None, backend: BackendNames | None, as_json: bool) -> None:
    """Check PATH, a system or one HDF5 file, against every rule of the format and of the directory.

    PATH is named as for `livn info`. Exit code 0: no errors, 1: errors; with --fix, errors in the copy.
    """
    if copy is not None:
        _fix(locate(path, backend), copy, backend, as_json)
    found = check(locate(path, backend), backend=backend)
    if as_json:
        print_json(report(found))
    else:
        print_findings(found)
    sys.exit(0 if found.ok else 1)


def _fix(place: str, copy: str, backend: BackendNames | None, as_json: bool) -> NoReturn:
    done = fix(place, copy, backend=backend)
    if as_json:
        document = {"fixed": [attrs.asdict(one) for one in done.fixed], "remaining": report(done.remaining)}
        print_json({**document, "left_out": list(done.repacked.left_out)})
    else:
        for finding in done.fixed:
            print_line(f"fixed: {finding.file}: {finding.node}: {finding.problem} [{finding.code}]")
        for name in done.repacked.left_out:
            print_line(f"left out: {name}")
        print_findings(done.remaining)
    sys.exit(0 if done.remaining.ok else 1)


def print_findings(found: Validation) -> None:
    """Findings for people: what and where, then what it leads to and what to do."""
    for finding in found:
        print_heading(f"{finding.severity}: {finding.file}: {finding.node} [{finding.code}]")
        print_line(f"  {finding.problem}")
        print_line(f"  leads to: {finding.leads_to}")
        print_line(f"  to do: {finding.remedy}")
    print_line(f"{found.place}: {', '.join(f'{count} {name}' for name, count in found.counts.items())}")
