"""``livn systems validate``: whether a system is sound, and where it is not."""

from __future__ import annotations

import sys

import click

from livn_core.backends import BackendNames
from livn_core.checking import Validation, report
from livn_core.checking import validate as check
from livn_core.cli._locate import locate
from livn_core.cli._options import backend_option, debug_option, json_option
from livn_core.cli._output import print_heading, print_json, print_line


@click.command()
@click.argument("path")
@backend_option
@json_option
@debug_option
def validate(path: str, backend: BackendNames | None, as_json: bool) -> None:
    """Check PATH, a system or one HDF5 file, against every rule of the format and of the directory.

    PATH is named as for `livn info`. Exit code 0: no errors, 1: errors.
    """
    found = check(locate(path, backend), backend=backend)
    if as_json:
        print_json(report(found))
    else:
        print_findings(found)
    sys.exit(0 if found.ok else 1)


def print_findings(found: Validation) -> None:
    """Findings for people: what and where, then what it leads to and what to do."""
    for finding in found:
        print_heading(f"{finding.severity}: {finding.file}: {finding.node} [{finding.code}]")
        print_line(f"  {finding.problem}")
        print_line(f"  leads to: {finding.leads_to}")
        print_line(f"  to do: {finding.remedy}")
    print_line(f"{found.place}: {', '.join(f'{count} {name}' for name, count in found.counts.items())}")
