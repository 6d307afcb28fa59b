"""``livn systems diff``: what differs between two systems."""

from __future__ import annotations

import sys

import attrs
import click

from livn_core.backends import BackendNames
from livn_core.cli._locate import locate
from livn_core.cli._options import backend_option, debug_option, json_option, system_argument
from livn_core.cli._output import print_json, print_line
from livn_core.cli.systems._options import parts_option
from livn_core.comparing import diff as compare


@click.command()
@system_argument("one")
@system_argument("other")
@parts_option
@backend_option
@json_option
@debug_option
def diff(one: str, other: str, parts: tuple[str, ...], backend: BackendNames | None, as_json: bool) -> None:
    """Say what differs between two systems, or two files: ONE and OTHER, named as for `livn info`.

    Chunks, compression, blocks and backends do not count. Exit code 0: they are equal, 1: they are not, or one of
    them cannot be read.
    """
    found = compare(locate(one, backend), locate(other, backend), parts=parts, backend=backend)
    if as_json:
        print_json({"equal": not found, "differences": [attrs.asdict(difference) for difference in found]})
    else:
        for difference in found:
            print_line(f"{difference.place}: {difference.problem}")
        if not found:
            print_line("equal")
    sys.exit(1 if found else 0)
