"""Which server: the environment variable ``LIVN_HSDS``, read when a system is opened, and a backend's options.

Everything is checked before anything is sent, and no message shows a password.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import SplitResult, urlsplit

import attrs

from livn_core.errors import ConfigError

ENV_VAR = "LIVN_HSDS"
DEFAULT_BUCKET = "/data"
DEFAULT_TIMEOUT = 10.0
DEFAULT_RETRIES = 2
PROGRESS = "progress"
"""An option beside the fields: a function cannot be written as JSON."""
_LONGEST_TIMEOUT = 86_400.0
_EXAMPLE = '{"endpoint": "http://localhost:5101"}'


@attrs.frozen
class HsdsConfig:
    """One HSDS server, its companion file server, and how long to wait for them.

    Build it with :meth:`from_environment` or :meth:`from_mapping`, which check every field.
    """

    endpoint: str
    """Address of the server, such as ``http://localhost:5101``."""

    bucket: str = DEFAULT_BUCKET.strip("/")
    """Storage container of the domains; HSDS refuses the slash that the documented default ``/data`` begins with.
    Empty: the server's own default."""

    username: str | None = None
    """Without it, only what the server lets everybody read can be read."""

    password: str | None = attrs.field(default=None, repr=lambda value: repr(value and "***"))
    """Sent to ``endpoint`` alone."""

    files_endpoint: str = ""
    """Address of the companion file server; by default the same host, one port up."""

    timeout: float = DEFAULT_TIMEOUT
    """Seconds without any progress until a request is given up, all attempts together."""

    retries: int = DEFAULT_RETRIES
    """How often a request that failed is sent again, within ``timeout``."""

    @classmethod
    def from_environment(cls, options: Mapping[str, object] | None = None) -> Self | None:
        """Read ``LIVN_HSDS``, and let ``options`` win over it field by field.

        Returns
        -------
        HsdsConfig or None
            ``None``: the variable is unset or empty, and no option names an endpoint.

        Raises
        ------
        ConfigError
            It is no JSON object, or a field of it or an option is unknown or wrong.
        """
        text = os.environ.get(ENV_VAR, "").strip()
        given = {name: value for name, value in (options or {}).items() if name != PROGRESS}
        if not text and "endpoint" not in given:
            _check_known(given, "backend option")
            return None
        fields = _parse(text) if text else {}
        _check_known(fields, ENV_VAR)
        _check_known(given, "backend option")
        return cls.from_mapping({**fields, **given})

    @classmethod
    def from_mapping(cls, fields: Mapping[str, Any]) -> Self:
        """Check every field, and fill in the defaults.

        Raises
        ------
        ConfigError
            Names the field.
        """
        _check_known(fields, ENV_VAR)
        if "endpoint" not in fields:
            raise ConfigError(f"{ENV_VAR} has no field 'endpoint', the server's address; for instance {_EXAMPLE}")
        endpoint = _url("endpoint", fields["endpoint"])
        files = _url("files_endpoint", fields["files_endpoint"]) if fields.get("files_endpoint") else None
        username, password = _credentials(fields)
        return cls(
            endpoint=endpoint.geturl(),
            bucket=_bucket(fields.get("bucket", DEFAULT_BUCKET)),
            username=username,
            password=password,
            files_endpoint=(files or _next_port(endpoint)).geturl(),
            timeout=_seconds(fields.get("timeout", DEFAULT_TIMEOUT)),
            retries=_count(fields.get("retries", DEFAULT_RETRIES)),
        )


_FIELDS = tuple(field.name for field in attrs.fields(HsdsConfig))


def _parse(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        place = f" at character {error.pos + 1}: {error.msg}" if isinstance(error, json.JSONDecodeError) else ""
        # Neither the text nor the error itself is shown: both hold what may be a password.
        raise ConfigError(f"{ENV_VAR} is not valid JSON{place}; for instance {_EXAMPLE}") from None
    if not isinstance(value, dict):
        raise ConfigError(f"{ENV_VAR} must be a JSON object, not a {type(value).__name__}; for instance {_EXAMPLE}")
    return value


def _check_known(fields: Mapping[str, object], where: str) -> None:
    for name in fields:
        if name not in _FIELDS:
            also = "" if where == ENV_VAR else f", {PROGRESS}"
            raise ConfigError(f"{where}: unknown field {name!r}; there is {', '.join(_FIELDS)}{also}")


def _wrong(field: str, wanted: str, value: object) -> ConfigError:
    return ConfigError(f"{ENV_VAR}: field {field!r} must be {wanted}, not {value!r}")


def _text(field: str, value: object) -> str:
    if not isinstance(value, str):
        # The type alone is shown: this may be a password in the wrong quotes.
        raise ConfigError(f"{ENV_VAR}: field {field!r} must be a string, not a {type(value).__name__}")
    return value


def _url(field: str, value: object) -> SplitResult:
    text = _text(field, value).strip()
    wanted = "an address such as http://localhost:5101"
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if "@" in text:
        raise ConfigError(f"{ENV_VAR}: field {field!r} holds a user name or password; use 'username' and 'password'")
    if not usable or any(mark in text for mark in "?# \\"):
        raise _wrong(field, wanted, value)
    return parts._replace(path=parts.path.rstrip("/"))


def _next_port(endpoint: SplitResult) -> SplitResult:
    port = endpoint.port or {"http": 80, "https": 443}[endpoint.scheme]
    host = endpoint.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    return SplitResult(endpoint.scheme, f"{shown}:{port + 1}", "", "", "")


def _bucket(value: object) -> str:
    text = _text("bucket", value).strip().strip("/")
    if "/" in text or "\\" in text or ".." in text:
        raise _wrong("bucket", "one folder name, with or without a slash before it", value)
    return text


def _credentials(fields: Mapping[str, Any]) -> tuple[str | None, str | None]:
    values = [_text(name, fields[name]) if fields.get(name) is not None else None for name in ("username", "password")]
    for name, value, other in (("username", *values), ("password", *reversed(values))):
        if value and not other:
            missing = "password" if name == "username" else "username"
            raise ConfigError(f"{ENV_VAR}: field {name!r} is given without {missing!r}")
    return values[0] or None, values[1] or None


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _LONGEST_TIMEOUT:
        raise _wrong("timeout", f"a number of seconds, more than 0 and at most {_LONGEST_TIMEOUT:g}", value)
    return float(value)


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 100:
        raise _wrong("retries", "an integer from 0 to 100", value)
    return value
