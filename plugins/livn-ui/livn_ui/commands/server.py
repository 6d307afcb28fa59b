"""``livn ui server``: serve a directory of systems, with HSDS and the companion file server."""

from __future__ import annotations

import contextlib
import json
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import click

from livn_core.cli._output import print_line, print_table
from livn_core.errors import BackendError, ConfigError
from livn_ui.commands._arguments import ROOT_DIR, Option, ui_command, ui_options
from livn_ui.hsds import find_hsds
from livn_ui.origins import LOOPBACK, Origins
from livn_ui.serving.foreground import StopSignals
from livn_ui.serving.passwords import describe
from livn_ui.serving.server import GENERATED, Serving, check_not_served, check_root_dir, choose_ports
from livn_ui.serving.settings import PORT, ServeSettings
from livn_ui.systems import find_systems

_OPTIONS = (
    Option("port", "Port of HSDS; 0 is any that is free.", int, PORT),
    Option("host", "Where to listen; anything but loopback wants passwords.", str, "localhost"),
    ROOT_DIR,
    Option("bucket", "The folder of HSDS's storage that holds the domains.", str, "data"),
    Option("files_port", "Port of the companion file server.", int, None, "port + 1"),
    Option("data_nodes", "Number of HSDS's data nodes, of about 100 MB each.", int, 2),
    Option("hsds_python", "Environment that has hsds: its folder, or its python.", str, None, "this environment"),
    Option("password_file", "Lines USER:PASSWORD, one of them for admin; mode 0600.", Path),
    Option("private", "Let nobody read imported systems without a password.", bool),
    Option("origins", "Web pages that may read: loopback, *, or a list with commas.", str, LOOPBACK),
    Option("serve_h5", "Let the companion hand out raw .h5 files as well.", bool),
    Option("pyodide", "Folder with Pyodide's files, for browsers.", Path, None, "its public address"),
    Option("log_level", "Of HSDS: DEBUG, INFO, WARNING or ERROR.", str, "WARNING"),
    Option("start_timeout", "Seconds until HSDS must be ready.", float, 60.0),
    Option("launch", "Start; left out, show what would be started.", bool),
)


@ui_command("server")
@ui_options(*_OPTIONS)
def server(*, launch: bool, origins: str, log_level: str, **given: Any) -> None:
    """Serve a directory of systems until Ctrl-C.

    Without --launch, the settings are shown, with what stands in their way, and nothing is started.

    Exit codes: 0 after Ctrl-C, SIGTERM or SIGHUP; 1 where a server could not be started, has ended by itself, or could
    not write everything when it was stopped.
    """
    settings = ServeSettings(**given, origins=Origins.parse(origins), log_level=log_level.upper())
    if launch:
        _serve(settings)
    else:
        _show(settings)


def _serve(settings: ServeSettings) -> None:
    with StopSignals() as signals:
        serving = Serving(settings, _warn)
        try:
            serving.start(signals.none_yet)
            if signals.none_yet():
                _announce(serving)
            reason = signals.run_until_stopped(serving.check)
            _say(f"{reason}: stopping, and writing what is not on the disk yet")
        except BackendError as error:
            _warn(f"{str(error).partition(';')[0]}: stopping")  # the rest comes when all has stopped
            raise
        finally:
            serving.stop()
    if serving.hsds is not None and not serving.hsds.stopped_well:  # which a warning has said
        sys.exit(1)


def _announce(serving: Serving) -> None:
    settings, record = serving.settings, serving.record
    assert record is not None
    assert serving.hsds is not None
    systems = [system.name for system in find_systems(settings.root_dir)]
    if not systems:
        _warn(f"{settings.root_dir} holds no system yet: a sub-directory with .h5 files or a graph.json")
    rows = [
        ("HSDS", record.endpoint),
        ("files", record.files_endpoint),
        ("systems", ", ".join(systems) or "none yet"),
        ("readable", "by anyone" if record.public else "with a password"),
        ("login", describe(settings.host, settings.password_file, settings.run_dir / GENERATED)),
        ("log", serving.hsds.log_file),
    ]
    lines = [f"{name:<10}{text}" for name, text in rows]
    for line in (*lines, "", *_what_next(serving), "", "Ctrl-C stops the server."):
        print_line(line)


def _what_next(serving: Serving) -> Iterator[str]:
    settings, record = serving.settings, serving.record
    assert record is not None
    assert serving.hsds is not None
    own = "" if settings.root_dir == ServeSettings().root_dir else f" root_dir={shlex.quote(str(settings.root_dir))}"
    yield f"Import:   livn ui import{own}"
    yield f"Check:    livn ui check{own}"
    yield f"Read:     export LIVN_HSDS={shlex.quote(_livn_hsds(record.endpoint, serving))}"
    if serving.hsds.endpoint_elsewhere != record.endpoint:
        elsewhere = _livn_hsds(serving.hsds.endpoint_elsewhere, serving)
        yield f"          and from other machines: export LIVN_HSDS={shlex.quote(elsewhere)}"


def _livn_hsds(endpoint: str, serving: Serving) -> str:
    """What to set ``LIVN_HSDS`` to; no more than is needed."""
    fields = {"endpoint": endpoint}
    host, _, port = endpoint.rpartition(":")
    if serving.settings.bucket != "data":
        fields["bucket"] = serving.settings.bucket
    if serving.files_port != int(port) + 1:
        fields["files_endpoint"] = f"{host}:{serving.files_port}"
    if serving.settings.private:
        fields |= {"username": "USER", "password": "PASSWORD"}
    return json.dumps(fields)


def _show(settings: ServeSettings) -> None:
    rows = [(field.name, _shown(getattr(settings, field.name))) for field in attrs.fields(ServeSettings)]
    port = settings.port + 1 if settings.port else "any"
    rows = [(name, str(port) if name == "files_port" and settings.files_port is None else text) for name, text in rows]
    print_table(("setting", "value"), rows)
    click.echo()
    print_table(("", "found"), list(_findings(settings)))
    click.echo()
    print_line("Nothing was started; add --launch for that.")


def _shown(value: object) -> str:
    if isinstance(value, Origins):
        return value.text
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _findings(settings: ServeSettings) -> Iterator[tuple[str, str]]:
    """What a start would find, one line for each thing that may stand in its way."""

    def systems() -> str:
        check_root_dir(settings.root_dir)
        check_not_served(settings.root_dir)
        return ", ".join(system.name for system in find_systems(settings.root_dir)) or "none"

    def hsds() -> str:
        found = find_hsds(settings.hsds_python)
        return f"{found.version}, {found.python}"

    def ports() -> str:
        port, files_port = choose_ports(settings)
        return f"{port} and {files_port or 'another'} are free"

    def login() -> str:
        return describe(settings.host, settings.password_file, settings.run_dir / GENERATED)

    for name, look in (("systems", systems), ("HSDS", hsds), ("ports", ports), ("login", login)):
        try:
            yield name, look()
        except ConfigError as error:
            yield name, f"a problem: {error}"


def _warn(line: str) -> None:
    with contextlib.suppress(OSError):
        click.echo(f"warning: {line}", err=True)


def _say(line: str) -> None:
    with contextlib.suppress(OSError):  # the terminal may be what has gone
        print_line(line)
