"""Who may log in to HSDS: ``admin`` with the password ``admin`` where only this machine gets in; else real ones."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import attrs

from livn_core.errors import ConfigError
from livn_ui.hsds.environment import make_run_dir, write_private
from livn_ui.hsds.settings import check_login, is_loopback

ADMIN = "admin"
_WRONG = "it must hold lines USER:PASSWORD"


@attrs.frozen
class Users:
    """Who may log in, and where a person finds the passwords."""

    passwords: dict[str, str] = attrs.field(repr=", ".join)
    """Password by user name."""

    file: Path | None
    """Where they are kept; ``None``: they are the well-known ones of loopback."""


def users_for(host: str, password_file: Path | None, kept: Path) -> Users:
    """Choose the users of a server.

    Parameters
    ----------
    host
        Where it listens. Where only this machine gets in, the admin's password is ``admin``.
    password_file
        What the user gave.
    kept
        Where a generated password is kept, and found again by the next start.

    Raises
    ------
    ConfigError
        The file cannot be read, others may read it, or a line of it is wrong; no password is shown.
    """
    if password_file is not None:
        return Users(read_passwords(password_file), password_file)
    if is_loopback(host):
        return Users({ADMIN: ADMIN}, None)
    if not kept.exists():
        _generate(kept)
    return Users(read_passwords(kept), kept)


def describe(host: str, password_file: Path | None, kept: Path) -> str:
    """Who may log in, in words; like :func:`users_for`, but nothing is made."""
    if password_file is not None:
        return f"{', '.join(read_passwords(password_file))}, with the passwords in {password_file}"
    if is_loopback(host):
        return f"{ADMIN}, with the password {ADMIN}: only this machine gets in"
    return f"{ADMIN}, with a generated password, kept in {kept}"


def _generate(kept: Path) -> None:
    try:
        kept.parent.parent.mkdir(parents=True, exist_ok=True)
        make_run_dir(kept.parent)
        write_private(kept, f"{ADMIN}:{secrets.token_urlsafe(24)}\n")
    except OSError as error:
        raise ConfigError(f"no password can be kept in {kept}: {error.strerror}; give password_file=") from error


def read_passwords(path: Path, importer: str = ADMIN) -> dict[str, str]:
    """Read a password file: lines ``user:password``; empty lines and those that begin with ``#`` are passed over.

    Parameters
    ----------
    path
        The file.
    importer
        A user who has to be in it.

    Raises
    ------
    ConfigError
        It cannot be read, others may read it, or a line of it is wrong.
    """
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise ConfigError(f"password_file {path}: {reason}; {_WRONG}") from None
    if os.name == "posix" and mode & 0o077:
        raise ConfigError(f"password_file {path}: others may read or change it; chmod 600 {path}")
    users: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.startswith("#"):
            name, password = _login(line, f"password_file {path}, line {number}")
            if name in users:
                raise ConfigError(f"password_file {path}, line {number}: user {name!r} is there twice")
            users[name] = password
    if importer not in users:
        raise ConfigError(f"password_file {path}: it has no line for the user {importer!r}, who imports systems")
    return users


def _login(line: str, where: str) -> tuple[str, str]:
    name, colon, password = line.partition(":")
    if not colon:
        raise ConfigError(f"{where}: {_WRONG}")
    problem = check_login(name, password)
    if problem:
        raise ConfigError(f"{where}: {problem}")
    return name, password
