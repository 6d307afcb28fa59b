"""``livn systems repack``: the same system, stored as it is best read."""

from __future__ import annotations

import attrs
import click

from livn_core.backends import BackendNames
from livn_core.cli._locate import locate
from livn_core.cli._options import backend_option, debug_option, json_option, system_argument
from livn_core.cli._output import print_json, print_line, print_table
from livn_core.repacking import PURPOSES, Repacked
from livn_core.repacking import repack as write_again


@click.command()
@system_argument("source")
@click.argument("target", type=click.Path())
@click.option("--for", "purpose", type=click.Choice(list(PURPOSES)), default="local", help="How it will be read.")
@backend_option
@json_option
@debug_option
def repack(source: str, target: str, purpose: str, backend: BackendNames | None, as_json: bool) -> None:
    """Write SOURCE again at TARGET: one block for each projection, cells in order, chunks for its purpose.

    SOURCE is named as for `livn info`; TARGET must not exist. The copy is verified before it appears.
    """
    done = write_again(locate(source, backend), target, purpose=purpose, backend=backend)
    if as_json:
        print_json({**attrs.asdict(done), "path": str(done.path)})
    else:
        print_repacked(done)


def print_repacked(done: Repacked) -> None:
    """What was gained, and what was left out, for people."""
    rows = [
        ("bytes", done.before.n_bytes, done.after.n_bytes),
        ("blocks", done.before.blocks, done.after.blocks),
        ("chunks", done.before.chunks, done.after.chunks),
        ("seconds to read and hash", f"{done.seconds_before:.3g}", f"{done.seconds_after:.3g}"),
    ]
    counts = [(name, *(f"{one:,}" if isinstance(one, int) else one for one in pair)) for name, *pair in rows]
    print_table(("", "before", "after"), counts, ("before", "after"))
    for name in done.left_out:
        print_line(f"left out: {name}")
    print_line(f"{done.path}: verified, {done.hash}")
