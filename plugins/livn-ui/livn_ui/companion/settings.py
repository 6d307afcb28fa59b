"""What the companion file server serves, where, and for how long it waits for others."""

from __future__ import annotations

from pathlib import Path

import attrs

from livn_core.errors import ConfigError
from livn_ui.origins import Origins


def _absolute(path: str | Path) -> Path:
    return Path(path).absolute()


def _port(_instance: object, _attribute: object, port: int) -> None:
    if not 0 <= port <= 65535:
        raise ConfigError(f"files_port: {port} is no port; it is a number from 1 to 65535, or 0 for any that is free")


def _positive(_instance: object, attribute: attrs.Attribute[float], seconds: float) -> None:
    if not seconds > 0:
        raise ConfigError(f"{attribute.name}: {seconds} s is no time to wait; give more than 0")


@attrs.frozen
class Limits:
    """How long a client may keep the server waiting, in seconds."""

    idle: float = attrs.field(default=60.0, validator=_positive)
    """For a whole request: from its connection, or from the end of the answer before, to its last header."""
    stalled: float = attrs.field(default=60.0, validator=_positive)
    """For the next byte of an answer to be taken."""
    stop: float = attrs.field(default=2.0, validator=_positive)
    """For answers on their way when the server stops; then they are cut off."""


@attrs.frozen
class CompanionSettings:
    """What to serve."""

    root_dir: Path = attrs.field(converter=_absolute)
    """The directory that holds the systems; absolute, so that it stays the same when the process changes its own."""
    host: str = "127.0.0.1"
    """The interface to listen on, by name or address."""
    port: int = attrs.field(default=0, validator=_port)
    """0: any that is free."""
    origins: Origins = attrs.field(factory=lambda: Origins.parse("loopback"))
    """Which web pages may read."""
    serve_h5: bool = False
    """Whether raw ``.h5`` files are handed out as well."""
    limits: Limits = Limits()
    pyodide: Path | None = attrs.field(default=None, converter=attrs.converters.optional(_absolute))
    """A folder with Pyodide's files, for browsers; ``None``: they take them from Pyodide's public address."""
    hsds_port: int | None = None
    """Port of the HSDS beside it, on the same host; ``None``: there is none."""
    bucket: str = "data"
    """The folder of that HSDS's storage that holds the domains."""
