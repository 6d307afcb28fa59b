"""Which web pages may read from the servers: one value, for HSDS and for the companion alike.

Browsers send the origin of the page that asks, ``SCHEME://HOST[:PORT]``; a server names it back to let the page read.
"""

from __future__ import annotations

import re
from typing import Self
from urllib.parse import SplitResult, urlsplit

import attrs

from livn_core.errors import ConfigError

LOOPBACK = "loopback"
ANY = "*"
_LOOPBACK_PATTERN = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?"
_DEFAULT_PORTS = {"http": 80, "https": 443}
_SPECIAL = re.compile(r"([^A-Za-z0-9_:/-])")


@attrs.frozen
class Origins:
    """The web origins that are let in; made by :meth:`parse`."""

    text: str
    """What was asked for, as it may be printed and parsed again."""

    pattern: str
    """A regular expression that the whole of an origin must match; it means the same in every dialect."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a setting.

        Parameters
        ----------
        text
            ``loopback``: pages of this machine, at any port. ``*``: every page. Else origins separated by commas,
            such as ``https://lab.example,http://localhost:3000``, among which ``loopback`` may stand too.

        Raises
        ------
        ConfigError
            Names the part that is no origin.
        """
        words = [word.strip() for word in text.split(",")]
        if words == [ANY]:
            return cls(ANY, ".*")
        if ANY in words:
            raise ConfigError(f"origins {text!r}: '*' lets every page in and stands alone")
        names = list(dict.fromkeys(word if word == LOOPBACK else _origin(word) for word in words))
        patterns = [_LOOPBACK_PATTERN if name == LOOPBACK else _SPECIAL.sub(r"\\\1", name) for name in names]
        return cls(",".join(names), f"({'|'.join(patterns)})")

    def allows(self, origin: str) -> bool:
        """Whether a page of this origin is let in."""
        return re.fullmatch(self.pattern, origin) is not None


def _origin(word: str) -> str:
    """An origin as browsers send it: in lower case, without the port that its scheme has anyway."""
    try:
        parts = urlsplit(word)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _no_origin(word) from None
    shown = f"[{host}]" if ":" in host else host
    usual = port is None or port == _DEFAULT_PORTS.get(parts.scheme)
    found = SplitResult(parts.scheme, shown if usual else f"{shown}:{port}", "", "", "").geturl()
    given = SplitResult(parts.scheme, shown if port is None else f"{shown}:{port}", "", "", "").geturl()
    plain = host and host.isascii() and not set(host) & set("*\\%_ ") and parts.scheme in _DEFAULT_PORTS
    if not plain or word.lower() != given or port == 0:
        raise _no_origin(word)
    return found


def _no_origin(word: str) -> ConfigError:
    return ConfigError(
        f"origins: {word!r} is no web origin; write 'loopback', '*', or addresses without a path, separated by commas, "
        "such as https://lab.example or http://localhost:3000"
    )
