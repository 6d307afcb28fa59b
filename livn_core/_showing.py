"""Show where something lies without the secrets that an address may hold.

Imports nothing of the package, so that errors can use it.
"""

from __future__ import annotations

import re

_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*(::|://)")
_CREDENTIALS = re.compile(r"(?<=://)[^/@?#]+@")
QUERY = re.compile(r"[?#].*$", re.DOTALL)
_CREDENTIALS_IN_TEXT = re.compile(r"(?<=://)[^\s/@?#]+@")
_QUERY_IN_TEXT = re.compile(r"(://[^\s?#]*)[?#]\S*?(?=[:,;.)'\"\]]*(?:\s|$))")


def is_address(uri: str) -> bool:
    """Whether this is an address (``https://…``, ``hdf5://…``) rather than a local path."""
    return _SCHEME.match(uri) is not None


def shown(uri: str) -> str:
    """The path or address as it may be printed: without user names, passwords and query strings."""
    if not is_address(uri):
        return uri
    return QUERY.sub("", _CREDENTIALS.sub("", uri))


def redacted(text: str) -> str:
    """Leave user names, passwords and query strings out of the addresses in a text."""
    return _QUERY_IN_TEXT.sub(r"\1", _CREDENTIALS_IN_TEXT.sub("", text))
