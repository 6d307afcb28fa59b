"""``livn ui web``: show a directory of systems in a browser, without HSDS."""

from __future__ import annotations

import shlex
import webbrowser
from pathlib import Path
from typing import Any

import click

from livn_core.cli._output import print_line, print_table
from livn_core.errors import ConfigError
from livn_ui import ports
from livn_ui.commands._arguments import ROOT_DIR, Option, ui_command, ui_options
from livn_ui.companion import Companion, CompanionSettings
from livn_ui.origins import LOOPBACK, Origins
from livn_ui.pyodide.release import PUBLIC
from livn_ui.pyodide.release import check as check_folder
from livn_ui.pyodide.vendor import fill
from livn_ui.serving.foreground import StopSignals
from livn_ui.serving.server import check_root_dir
from livn_ui.systems import find_systems

PORT = 5173


@ui_command("web")
@ui_options(
    ROOT_DIR,
    Option("port", "Port of the page; 0 is any that is free.", int, PORT),
    Option("host", "Where to listen; by default only this machine gets in.", str, "localhost"),
    Option("origins", "Other web pages that may read: loopback, *, or a list with commas.", str, LOOPBACK),
    Option("serve_h5", "Hand out raw .h5 files, which Python in the page then reads.", bool),
    Option("pyodide", "Folder with Pyodide's files.", Path, None, "its public address"),
    Option("vendor", "Fill this folder with Pyodide's files, and do nothing else.", Path),
    Option("vendor_from", "Folder to take them from, where it has them.", Path),
    Option("browse", "Open the page in the browser.", bool),
    Option("launch", "Start; left out, show what would be started.", bool),
)
def web(*, vendor: Path | None, vendor_from: Path | None, browse: bool, launch: bool, **given: Any) -> None:
    """Show a directory of systems in a browser until Ctrl-C.

    The same page is at the address of the companion file server while "livn ui server" runs.

    Exit codes: 0 after Ctrl-C, SIGTERM or SIGHUP; 1 where the server could not be started, or has ended by itself.
    """
    if vendor is not None:
        fill(vendor, [vendor_from] if vendor_from else [], print_line)
        print_line(f"Python in the page is complete: livn ui web pyodide={shlex.quote(str(vendor))} --launch")
        return
    settings = CompanionSettings(**{**given, "origins": Origins.parse(given["origins"])})
    if not launch:
        _show(settings)
        return
    check_root_dir(settings.root_dir)
    if settings.pyodide is not None:
        check_folder(settings.pyodide)
    with StopSignals() as signals, Companion(settings) as companion:
        print_line(f"page      {companion.address}")
        print_line(f"systems   {_names(settings)}")
        click.echo()
        print_line("Ctrl-C stops the server.")
        if browse:
            webbrowser.open(companion.address)
        signals.run_until_stopped(companion.check)


def _show(settings: CompanionSettings) -> None:
    rows = [
        ("root_dir", str(settings.root_dir)),
        ("port", str(settings.port or "any that is free")),
        ("host", settings.host),
        ("origins", settings.origins.text),
        ("serve_h5", str(settings.serve_h5).lower()),
        ("pyodide", str(settings.pyodide or PUBLIC)),
    ]
    print_table(("setting", "value"), rows)
    click.echo()
    print_table(("", "found"), [("systems", _found(settings)), ("port", _free(settings))])
    click.echo()
    print_line("Nothing was started; add --launch for that.")


def _names(settings: CompanionSettings) -> str:
    return ", ".join(one.name for one in find_systems(settings.root_dir)) or "none yet"


def _found(settings: CompanionSettings) -> str:
    try:
        check_root_dir(settings.root_dir)
        return _names(settings)
    except ConfigError as error:
        return f"a problem: {error}"


def _free(settings: CompanionSettings) -> str:
    try:
        for one in ports.listen(settings.host, settings.port, "the page", "port="):
            one.close()
    except ConfigError as error:
        return f"a problem: {error}"
    return f"{settings.port} is free" if settings.port else "any"
