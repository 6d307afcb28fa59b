"""Options that several commands of ``livn systems`` have."""

from __future__ import annotations

import click

from livn_core.comparing import PARTS

parts_option = click.option(
    "--only",
    "parts",
    type=click.Choice(PARTS),
    multiple=True,
    default=PARTS,
    help="Only this part; may be given several times.",
)
