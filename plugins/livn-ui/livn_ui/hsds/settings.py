"""What kind of HSDS to start: one frozen value, checked when it is made."""

from __future__ import annotations

import importlib.util
import ipaddress
import os
import re
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

import attrs

from livn_core.errors import ConfigError

_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


def default_python() -> str | None:
    """The interpreter that can run HSDS: this one, if hsds is importable here; else none is known."""
    return sys.executable if importlib.util.find_spec("hsds") else None


def _without_slashes(bucket: str) -> str:
    return bucket.strip("/")


def _absolute(path: str | os.PathLike[str]) -> Path:
    return Path(path).absolute()


def _absolute_command(python: str | None) -> str | None:
    """A path made absolute, since nodes run in a folder of their own; links stay, or a venv would lose its packages."""
    return str(Path(python).absolute()) if python and os.path.dirname(python) else python  # noqa: PTH120


def _is_password(password: str) -> bool:
    return len(password) >= 3 and not set(":\n\r") & set(password) and password == password.rstrip()


def _generated_admin() -> dict[str, str]:
    return {"admin": secrets.token_urlsafe(16)}


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server that listens on ``host``."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@attrs.frozen
class HsdsSettings:
    """How to start HSDS.

    Parameters
    ----------
    store
        Directory of HSDS's own storage; made where it is missing. It is no place for raw ``.h5`` files.
    bucket
        Folder inside ``store`` that holds the domains. Slashes around it are dropped: HSDS refuses them.
    host, port
        Where the service node listens. Port 0 takes a free one. The data nodes, which ask nobody for a password,
        listen on 127.0.0.1 whatever ``host`` says.
    data_nodes
        Number of data-node processes; each needs about 100 MB.
    users
        Password by user name. Without it there is one user ``admin`` with a random password.
    admin
        The user with all rights, who imports systems.
    python
        The interpreter of the environment that has hsds; without it the current one, if hsds is importable.
    cors_origin
        The one web origin that browsers may read from; ``*`` lets every web page read the public domains.
    public
        Whether imported domains are readable without a password.
    log_level
        DEBUG, INFO, WARNING or ERROR.
    start_timeout
        Seconds until all nodes must be ready.
    """

    store: Path = attrs.field(converter=_absolute)
    bucket: str = attrs.field(default="data", converter=_without_slashes)
    host: str = "127.0.0.1"
    port: int = 0
    data_nodes: int = 1
    users: Mapping[str, str] = attrs.field(factory=_generated_admin, repr=", ".join)
    admin: str = "admin"
    python: str | None = attrs.field(factory=default_python, converter=_absolute_command)
    cors_origin: str = "*"
    public: bool = True
    log_level: str = "WARNING"
    start_timeout: float = 60.0

    def __attrs_post_init__(self) -> None:
        for check in (self._check_bucket, self._check_numbers, self._check_users, self._check_host):
            check()

    def _check_bucket(self) -> None:
        if not _BUCKET.fullmatch(self.bucket):
            raise ConfigError(f"bucket {self.bucket!r} is no single folder name made of letters, digits and . _ -")

    def _check_numbers(self) -> None:
        if type(self.port) is not int or not 0 <= self.port <= 65535:
            raise ConfigError(f"port must be an integer from 0 to 65535, not {self.port!r}")
        if type(self.data_nodes) is not int or self.data_nodes < 1:
            raise ConfigError(f"data_nodes must be an integer of at least 1, not {self.data_nodes!r}")
        if self.log_level not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ConfigError(f"log_level must be DEBUG, INFO, WARNING or ERROR, not {self.log_level!r}")

    def _check_users(self) -> None:
        if self.admin not in self.users:
            raise ConfigError(f"the admin {self.admin!r} is not among the users: {', '.join(self.users) or 'none'}")
        for name, password in self.users.items():
            # HSDS reads "user:password" line by line, takes # for a comment, and refuses short ones.
            if len(name) < 3 or set(":#\n\r") & set(name) or not _is_password(password):
                raise ConfigError(
                    f"user {name!r}: HSDS wants names and passwords of at least 3 characters, on one line, "
                    "without ':', names without '#', and passwords that do not end in white space"
                )

    def _check_host(self) -> None:
        if not is_loopback(self.host) and self.users[self.admin] == self.admin:
            raise ConfigError(
                f"host {self.host!r} can be reached from outside, so the admin's password may not be its name; "
                "choose another password, or host='localhost'"
            )
