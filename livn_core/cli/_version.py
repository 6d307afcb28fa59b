"""``livn version``: what is installed."""

from __future__ import annotations

import platform
from contextlib import suppress
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of

import click

from livn_core import __version__
from livn_core.backends import default_backends
from livn_core.cli._options import debug_option, json_option
from livn_core.cli._output import print_json, print_line


@click.command()
@json_option
@debug_option
def version(as_json: bool) -> None:
    """Show the versions of livn-core, its backends and, where it is installed, the original livn."""
    found = {"livn-core": __version__, "python": platform.python_version()}
    found |= {f"backend {name}": one.provider for name, one in default_backends().installed.items()}
    with suppress(PackageNotFoundError):
        found["livn"] = version_of("livn")
    if as_json:
        print_json(found)
    else:
        for name, text in found.items():
            print_line(f"{name} {text}")
