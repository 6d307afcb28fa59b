"""The environment that HSDS's nodes run in.

HSDS takes every environment variable that has the upper-case name of one of its settings (``TIMEOUT``, ``ABOUT``,
``LOG_LEVEL``…), and configuration files from the working directory, ``/config`` and ``/etc/hsds``. So nodes get a
short list of variables and a directory of their own.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from livn_ui.hsds.settings import HsdsSettings

PASSWORDS = "passwd.txt"
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "TMP", "TEMP", "SYSTEMROOT", "LD_LIBRARY_PATH")


def node_environment(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables that a node needs, and no other."""
    source = os.environ if environ is None else environ
    kept = {name: source[name] for name in _KEPT if name in source}
    return {**kept, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}


def write_configuration(settings: HsdsSettings, directory: Path, endpoint: str) -> None:
    """Write ``override.yml`` and the password file into ``directory``.

    Booleans have to go through the file: from the command line HSDS takes the text ``False`` for true.
    JSON is YAML, so this needs no YAML library.
    """
    passwords = directory / PASSWORDS
    write_private(passwords, "".join(f"{user}:{password}\n" for user, password in settings.users.items()))
    overrides = {
        "root_dir": str(settings.store.resolve()),
        "bucket_name": settings.bucket,
        "hsds_endpoint": endpoint,
        "password_file": str(passwords),
        "groups_file": str(directory / "groups.txt"),  # which is not there: HSDS's default is a place of the system's
        "admin_user": settings.admin,
        "default_public": settings.public,
        "cors_domain": "*",  # HSDS knows all origins or one; _node lets in those of the settings
        "log_level": settings.log_level,
        "allow_any_bucket_read": False,
        "allow_any_bucket_write": False,
        # A stop waits for the next run of this one, which deletes the content of deleted domains.
        "gc_sleep_time": 1,
    }
    (directory / "override.yml").write_text(json.dumps(overrides, indent=1), encoding="utf-8")


def make_run_dir(directory: Path) -> None:
    """Make the directory that says what HSDS serves and who may log in; nobody but its owner may change that.

    Raises
    ------
    OSError
        It cannot be made, or it is somebody else's who lets others write there.
    """
    directory.mkdir(exist_ok=True)
    mode = stat.S_IMODE(directory.stat().st_mode)
    if mode & _WRITABLE_BY_OTHERS:
        directory.chmod(mode & ~_WRITABLE_BY_OTHERS)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, in one step."""
    temporary = path.with_name(f"{path.name}.new")
    # The mode holds only for a new file, and a left-over one may be readable by others.
    temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    temporary.replace(path)
