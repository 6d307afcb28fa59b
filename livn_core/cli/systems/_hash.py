"""``livn systems hash``: one hash for what a system holds."""

from __future__ import annotations

import click

from livn_core.backends import BackendNames
from livn_core.cli._locate import locate
from livn_core.cli._options import backend_option, debug_option, json_option, system_argument
from livn_core.cli._output import print_json, print_line
from livn_core.cli.systems._options import parts_option
from livn_core.comparing import content_hash


@click.command("hash")
@system_argument("system")
@parts_option
@click.option("--lines", is_flag=True, help="Print what the hash is of: a line for each population, array, document.")
@backend_option
@json_option
@debug_option
def hash_(system: str, parts: tuple[str, ...], lines: bool, backend: BackendNames | None, as_json: bool) -> None:
    """Print a hash of what SYSTEM holds, which depends neither on chunks, compression, blocks nor backend.

    SYSTEM is named as for `livn info`.
    """
    found = content_hash(locate(system, backend), parts=parts, backend=backend)
    if as_json:
        print_json({"hash": found.value, "parts": dict(found.parts), "lines": list(found.lines)})
    elif lines:
        for line in found.lines:
            print_line(line)
    else:
        print_line(found.value)
