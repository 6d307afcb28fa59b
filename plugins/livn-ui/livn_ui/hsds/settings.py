"""What kind of HSDS to start: one frozen value, checked when it is made."""

from __future__ import annotations

import ipaddress
import math
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path

import attrs

from livn_core.errors import ConfigError
from livn_ui.hsds.installation import default_python, interpreter
from livn_ui.origins import LOOPBACK, Origins

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


def _without_slashes(bucket: str) -> str:
    return bucket.strip("/")


def _absolute(path: str | os.PathLike[str]) -> Path:
    return Path(path).absolute()


def _interpreter(python: str | os.PathLike[str] | None) -> str | None:
    return None if python is None else interpreter(python)


def _origins(origins: str | Origins) -> Origins:
    return Origins.parse(origins) if isinstance(origins, str) else origins


def _loopback() -> Origins:
    return Origins.parse(LOOPBACK)


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


def check_login(name: str, password: str) -> str | None:
    """What is wrong with a user's name or password, if anything; the password is not in the answer.

    HSDS reads lines ``user:password``, drops white space around them and whatever follows a second colon, takes ``#``
    for a comment and refuses what is short. Beyond ASCII, clients differ in how they encode a login.
    """
    problem = None
    if len(name) < 3 or len(password) < 3:
        problem = "HSDS wants names and passwords of at least 3 characters"
    elif not (name.isascii() and name.isprintable() and password.isascii() and password.isprintable()):
        problem = "names and passwords must be printable ASCII, on one line"
    elif ":" in name or "#" in name or ":" in password:
        problem = "HSDS takes names without ':' and '#', and passwords without ':'"
    elif name != name.strip() or password != password.strip():
        problem = "names and passwords can neither begin nor end with a space"
    return problem


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
        Where the service node listens: a name or address of this machine, ``localhost`` for both 127.0.0.1 and ::1,
        ``0.0.0.0`` or ``::`` for all. Port 0 takes a free one. The data nodes, which ask nobody for a password, listen
        on 127.0.0.1 whatever ``host`` says.
    data_nodes
        Number of data-node processes; each needs about 100 MB.
    users
        Password by user name. Without it there is one user ``admin`` with a random password.
    admin
        The user with all rights, who imports systems.
    python
        The interpreter of the environment that has hsds, or the folder of that environment; without it the current
        one, if hsds is importable.
    origins
        The web pages that may read: see :meth:`livn_ui.origins.Origins.parse`, which takes a text.
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
    python: str | None = attrs.field(factory=default_python, converter=_interpreter)
    origins: Origins = attrs.field(factory=_loopback, converter=_origins)
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
        if type(self.data_nodes) is not int or not 1 <= self.data_nodes <= 64:
            raise ConfigError(f"data_nodes must be an integer from 1 to 64, not {self.data_nodes!r}")
        if self.log_level not in LOG_LEVELS:
            raise ConfigError(f"log_level must be DEBUG, INFO, WARNING or ERROR, not {self.log_level!r}")
        if not math.isfinite(self.start_timeout) or self.start_timeout <= 0:
            raise ConfigError(f"start_timeout must be a positive number of seconds, not {self.start_timeout!r}")

    def _check_users(self) -> None:
        if self.admin not in self.users:
            raise ConfigError(f"the admin {self.admin!r} is not among the users: {', '.join(self.users) or 'none'}")
        for name, password in self.users.items():
            problem = check_login(name, password)
            if problem:
                raise ConfigError(f"user {name!r}: {problem}")

    def _check_host(self) -> None:
        if is_loopback(self.host):
            return
        guessed = [name for name, password in self.users.items() if name.lower() == password.lower()]
        if guessed:
            raise ConfigError(
                f"host {self.host!r} can be reached from outside, so no password may be its user's name, as that of "
                f"{guessed[0]!r} is; choose another password, or host='localhost'"
            )
