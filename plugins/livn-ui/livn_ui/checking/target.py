"""Which server is looked at: the one that was named, that of ``root_dir``, that of ``LIVN_HSDS``, or the usual one."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs
from livn_h5pyd.config import ENV_VAR, HsdsConfig

from livn_core.errors import ConfigError
from livn_core.locations import redacted
from livn_ui.checking.step import Step, fail, ok, warn
from livn_ui.hsds.settings import is_loopback

USUAL_ENDPOINT = "http://localhost:5101"
USUAL_ROOT_DIR = Path("systems/graphs")


@attrs.frozen
class Target:
    """A server, and what ``LIVN_HSDS`` has to do with it."""

    config: HsdsConfig
    setting: Step
    """The first step: what ``LIVN_HSDS`` says."""

    root_dir: Path | None = None
    """The directory of systems, where one was named."""

    endpoint: str | None = None
    """The address, where one was named."""

    @property
    def how_to_start(self) -> str:
        """What to do where nobody answers."""
        parts = urlsplit(self.config.endpoint)
        if not is_loopback(parts.hostname or ""):
            return (
                "start the server on that machine (livn ui server host=… --launch), correct the address, "
                "or let this machine through its firewall"
            )
        port = [] if parts.port in {None, 5101} else [f"port={parts.port}"]
        return f"{self._command('server', *port, '--launch')} (and leave it running)"

    def how_to_import(self, *systems: str) -> str:
        """The command that imports all systems, or these."""
        named = [f"endpoint={self.endpoint}"] if self.endpoint not in {None, USUAL_ENDPOINT} else []
        return self._command("import", *systems, *named)

    def _command(self, name: str, *words: str) -> str:
        root_dir = [f"root_dir={self.root_dir}"] if self.root_dir else []
        return shlex.join(["livn", "ui", name, *root_dir, *words])

    @property
    def how_to_name_endpoint(self) -> str:
        """What to do where something else answers."""
        return "name HSDS's own address: livn ui server prints it; the companion file server is another port"


def find_target(
    endpoint: str | None = None,
    root_dir: Path | None = None,
    bucket: str | None = None,
    files_endpoint: str | None = None,
) -> Target:
    """Find the server to look at.

    Parameters
    ----------
    endpoint
        Its address; wins over all else.
    root_dir
        The directory of systems that it serves.
    bucket, files_endpoint
        Fields of ``LIVN_HSDS``, instead of what is found.

    Raises
    ------
    ConfigError
        An argument is wrong, or no server runs for ``root_dir``. What is wrong with ``LIVN_HSDS`` is a step's matter.
    """
    for name, address in (("ENDPOINT", endpoint), ("files_endpoint", files_endpoint)):
        if address is not None and not re.match(r"https?://[^/]", address, re.IGNORECASE):
            raise ConfigError(f"{name} must be an address such as {USUAL_ENDPOINT}, not {redacted(address)!r}")
    setting, broken = _setting()
    given = {"bucket": bucket, "files_endpoint": files_endpoint}
    fields = {name: value for name, value in given.items() if value is not None}
    if endpoint is not None:
        config = _with_fields(setting, endpoint, {"endpoint": endpoint, **fields})
    elif root_dir is None and setting is not None:
        config = _with_fields(setting, setting.endpoint, fields)
    else:
        config = HsdsConfig.from_mapping({**_of_root_dir(root_dir), **fields})
    return Target(config, _compared(setting, broken, config), root_dir, endpoint and config.endpoint)


def _setting() -> tuple[HsdsConfig | None, str]:
    """What ``LIVN_HSDS`` says, and what is wrong with it."""
    try:
        return HsdsConfig.from_environment(), ""
    except ConfigError as error:
        return None, str(error)


def _with_fields(setting: HsdsConfig | None, endpoint: str, fields: dict[str, Any]) -> HsdsConfig:
    """The server of ``LIVN_HSDS`` if it is that one, with its login; another one gets no login of somebody else."""
    if setting is None or HsdsConfig.from_mapping({"endpoint": endpoint}).endpoint != setting.endpoint:
        return HsdsConfig.from_mapping(fields)
    return HsdsConfig.from_mapping({**attrs.asdict(setting), **fields})


def _of_root_dir(root_dir: Path | None) -> dict[str, Any]:
    from livn_ui.serving.record import running_server

    record = running_server(root_dir or USUAL_ROOT_DIR)
    if record is not None:
        return {"endpoint": record.endpoint, "files_endpoint": record.files_endpoint, "bucket": record.bucket}
    if root_dir is not None:
        raise ConfigError(
            f"no server runs for {root_dir}; start one: livn ui server {shlex.quote(f'root_dir={root_dir}')} --launch, "
            "or name the address of another: livn ui check ENDPOINT"
        )
    return {"endpoint": USUAL_ENDPOINT}


def _compared(setting: HsdsConfig | None, broken: str, config: HsdsConfig) -> Step:
    right = f"export {ENV_VAR}={shlex.quote(_value_for(config))}"
    if broken:
        return fail(ENV_VAR, broken, right)
    if setting is None:
        return warn(ENV_VAR, "is not set, so programs read local files", right)
    if setting.endpoint != config.endpoint or setting.bucket != config.bucket:
        return warn(ENV_VAR, f"names {setting.endpoint}, bucket {setting.bucket!r}: not what is looked at here", right)
    return ok(ENV_VAR, f"names {setting.endpoint}{f', user {setting.username!r}' if setting.username else ''}")


def _value_for(config: HsdsConfig) -> str:
    """What ``LIVN_HSDS`` should be for a server; only fields that differ from the defaults, and no login."""
    plain = HsdsConfig.from_mapping({"endpoint": config.endpoint})
    fields = {
        name: getattr(config, name)
        for name in ("bucket", "files_endpoint")
        if getattr(config, name) != getattr(plain, name)
    }
    return json.dumps({"endpoint": config.endpoint, **fields})
