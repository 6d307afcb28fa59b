"""What ``livn ui server`` serves, where and to whom: one frozen value, checked when it is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs

from livn_core.errors import ConfigError
from livn_ui.hsds import HsdsSettings
from livn_ui.hsds.settings import is_loopback
from livn_ui.origins import Origins
from livn_ui.serving.record import run_dir_of, store_of

PORT = 5101


def _port(_instance: object, attribute: attrs.Attribute[Any], port: int | None) -> None:
    if port is not None and not 0 <= port <= 65535:
        raise ConfigError(f"{attribute.name} must be from 1 to 65535, or 0 for any that is free, not {port}")


def _directory(path: Path | str) -> Path:
    return Path(path).expanduser().absolute()


@attrs.frozen
class ServeSettings:
    """How to serve a directory of systems.

    Parameters
    ----------
    root_dir
        The directory that holds one sub-directory per system. HSDS's own storage is ``.hsds`` in it.
    port, files_port
        Of HSDS, and of the companion file server: by default the next one, where clients look for it. Port 0 is any
        that is free.
    host
        Where both listen: ``localhost`` (127.0.0.1 and ::1), another name or address of this machine, or ``0.0.0.0``.
    bucket
        Folder of HSDS's storage that holds the domains.
    data_nodes
        Number of HSDS's data nodes: processes that read and write, of about 100 MB each.
    hsds_python
        The interpreter, or the folder of the virtual environment, that has hsds; by default the one that runs this.
    password_file
        Lines ``user:password``, one of them for ``admin``. Without it the admin's password is ``admin`` where only
        this machine gets in, and a generated one elsewhere.
    private
        Whether imported systems can be read with a password only.
    origins
        Which web pages may read: ``loopback``, ``*``, or a list.
    serve_h5
        Whether the companion hands out raw ``.h5`` files too.
    pyodide
        A folder with Pyodide's files, for browsers; without it they take them from Pyodide's public address.
    log_level
        Of HSDS: DEBUG, INFO, WARNING or ERROR.
    start_timeout
        Seconds until all nodes must be ready.
    """

    root_dir: Path = attrs.field(default=Path("systems", "graphs"), converter=_directory)
    port: int = attrs.field(default=PORT, validator=_port)
    host: str = "localhost"
    bucket: str = "data"
    files_port: int | None = attrs.field(default=None, validator=_port)
    data_nodes: int = 2
    hsds_python: str | None = None
    password_file: Path | None = attrs.field(default=None, converter=attrs.converters.optional(_directory))
    private: bool = False
    origins: Origins = attrs.field(factory=lambda: Origins.parse("loopback"))
    serve_h5: bool = False
    pyodide: Path | None = attrs.field(default=None, converter=attrs.converters.optional(_directory))
    log_level: str = "WARNING"
    start_timeout: float = 60.0

    def __attrs_post_init__(self) -> None:
        if self.port == 65535 and self.files_port is None:
            raise ConfigError("port 65535 has no next one for the companion file server; give files_port= as well")
        if self.port and self.port == self.files_port:
            raise ConfigError(f"port and files_port are both {self.port}; HSDS and the companion need one each")
        self.hsds({"admin": "a word that is checked elsewhere"}, self.port)

    @property
    def store(self) -> Path:
        """Where HSDS keeps what was imported."""
        return store_of(self.root_dir)

    @property
    def run_dir(self) -> Path:
        """Where log, passwords, lock and record are."""
        return run_dir_of(self.root_dir)

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine gets in."""
        return is_loopback(self.host)

    def hsds(self, users: dict[str, str], port: int) -> HsdsSettings:
        """The part that is HSDS's, once users and port are known."""
        return HsdsSettings(
            self.store,
            bucket=self.bucket,
            host=self.host,
            port=port,
            data_nodes=self.data_nodes,
            users=users,
            origins=self.origins,
            public=not self.private,
            log_level=self.log_level,
            start_timeout=self.start_timeout,
            **({} if self.hsds_python is None else {"python": self.hsds_python}),
        )
