"""What the path of a request may name: visible files and directories, spelled out, and nothing else.

Routes see the path that is made here, never the one that a server or framework decoded: each part is decoded once and
by itself, so that an encoded slash cannot make two parts out of one.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from livn_ui.systems import is_visible

_MAX_PARTS = 16
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_ADDRESS = re.compile(rb"^https?://[^/]*", re.IGNORECASE)


class BadPathError(ValueError):
    """The path is no text: broken escapes, or no UTF-8."""


def clean_path(raw: bytes) -> str | None:
    """Take a request's path apart, and put it together again if every part of it could be seen.

    Parameters
    ----------
    raw
        As it was sent, without the query string; a whole address is legal too (RFC 9112, 3.2.2).

    Returns
    -------
    str or None
        The decoded path, with a leading slash. ``None``: it can name nothing that is served.

    Raises
    ------
    BadPathError
        It cannot be decoded.
    """
    path = _ADDRESS.sub(b"", raw) or b"/"
    if path == b"/":
        return "/"
    root, *parts = path.split(b"/")
    decoded = [_decode(part) for part in parts]
    if root or len(parts) > _MAX_PARTS or not all(is_visible(part) for part in decoded):
        return None
    return "/" + "/".join(decoded)


def _decode(part: bytes) -> str:
    if _BROKEN_ESCAPE.search(part):
        raise BadPathError("the path has a '%' that is followed by no two hexadecimal digits")
    try:
        return unquote_to_bytes(part).decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadPathError("the path is not UTF-8") from error
