"""``livn ui import``: bring systems into HSDS, which reads no raw ``.h5`` files."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from livn_core.cli._text import printable
from livn_core.errors import LivnError, SystemNotFoundError
from livn_core.locations import redacted
from livn_ui.commands._arguments import (
    BUCKET,
    ENDPOINT,
    PASSWORD_FILE,
    ROOT_DIR,
    USERNAME,
    Option,
    ui_command,
    ui_options,
)
from livn_ui.commands._progress import Display, size
from livn_ui.importing import Failed, Imported, ImportOptions, import_systems
from livn_ui.importing.destination import find_destination
from livn_ui.importing.importer import IMPORTED, REPAIRED, UNCHANGED, VERIFIED

_FORCE = Option("force", "Import files that have not changed, too.", bool)
_VERIFY = Option("verify", "Compare files that have not changed with what is on the server, and repair that.", bool)
_PRIVATE = Option("private", "Let nobody read what is imported without a password.", bool)
_JOBS = Option("jobs", "Files at a time.", int, 4)


@ui_command("import")
@click.argument("systems", nargs=-1, metavar="[SYSTEM ...]")
@ui_options(ROOT_DIR, _FORCE, _VERIFY, _PRIVATE, ENDPOINT, BUCKET, USERNAME, PASSWORD_FILE, _JOBS)
def import_(
    *,
    systems: tuple[str, ...],
    root_dir: Path,
    force: bool,
    verify: bool,
    private: bool,
    endpoint: str | None,
    bucket: str | None,
    username: str | None,
    password_file: Path | None,
    jobs: int,
) -> None:
    """Import systems into HSDS: those named, or all in root_dir.

    Each file is loaded under a temporary name, written to disk, read back, compared with the file, and only then put
    in the place of what was there. Whatever ends the import before, readers have what they had, and the next import
    goes on where it was.

    A file whose content was imported before is skipped; its SHA-256 is kept with the import. --verify does not believe
    that: it reads what is on the server, compares it with the file, value by value, and imports the file again if it
    differs. --force imports the file again in any case.

    What is imported can be read by anyone, and changed by the admin only. With --private, or on a server that was
    started with it, it can be read with a password only. What was imported before keeps its rights, but for
    --private.

    Exit codes: 0 where everything is there now; 1 where a file could not be imported, though the others were; 130
    after Ctrl-C.
    """
    if jobs < 1:
        raise click.BadParameter("must be at least 1", param_hint="jobs")
    found = find_destination(root_dir, endpoint=endpoint, bucket=bucket, username=username, password_file=password_file)
    with Display(root_dir) as display:
        display.line(f"HSDS at {redacted(found.config.endpoint)}")
        options = ImportOptions(
            force, verify, private, public=found.public, progress=display.step, trouble=found.log.trouble
        )
        report = import_systems(
            found.config, root_dir, systems, options=options, jobs=jobs, done=lambda one: _show(display, one)
        )
    if not report.imported and not report.failed:
        raise SystemNotFoundError(f"{root_dir} holds no system with .h5 files; name another directory with root_dir=")
    if report.failed:
        names = ", ".join(display.name(one.source) for one in report.failed)
        total = len(report.imported) + len(report.failed)
        click.echo(f"{len(report.failed)} of {total} files could not be imported: {names}", err=True)
        sys.exit(1)


def _show(display: Display, one: Imported | Failed) -> None:
    if isinstance(one, Failed):
        kind = "" if isinstance(one.error, LivnError | OSError) else f"{type(one.error).__name__}: "
        display.over(one.source, f"error: {kind}{printable(redacted(str(one.error)))}", error=True)
        for note in getattr(one.error, "__notes__", ()):
            display.line(f"note: {printable(redacted(note))}", error=True)
        return
    text = {
        IMPORTED: f"imported, {size(one.nbytes)} in {one.seconds:.1f} s",
        REPAIRED: f"differed on the server, imported again, {size(one.nbytes)} in {one.seconds:.1f} s",
        VERIFIED: f"unchanged, and the same on the server, {size(one.nbytes)} compared in {one.seconds:.1f} s",
        UNCHANGED: "unchanged",
    }[one.outcome]
    continued = one.outcome in {IMPORTED, REPAIRED} and one.bytes_written < one.nbytes
    display.over(
        one.source, f"{text}; {size(one.nbytes - one.bytes_written)} were there already" if continued else text
    )
