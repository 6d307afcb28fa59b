"""Fill a folder with Pyodide's files, each checked by its hash, so that the page needs no other host."""

from __future__ import annotations

import hashlib
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

from livn_core.errors import BackendConnectionError, BackendPermissionError, FormatError
from livn_ui.pyodide.release import FILES, PUBLIC, VERSION

PATIENCE = 60.0
"""Seconds without a byte more, after which the public address is given up."""

_MOST = 1 << 26


def fill(folder: Path, places: Sequence[Path] = (), note: Callable[[str], object] = lambda line: None) -> None:
    """Bring together what is missing in a folder.

    Parameters
    ----------
    folder
        Made if it is not there. Files of it that are right stay as they are.
    places
        Folders to look in first, such as that of the npm package ``pyodide``; then the public address is asked.
    note
        Called with a line about each file.

    Raises
    ------
    BackendConnectionError
        A file is nowhere, and the public address cannot be reached.
    FormatError
        What came from there is another file.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, digest in FILES.items():
            note(f"{name}: {_bring(folder / name, digest, places)}")
    except PermissionError as error:
        raise BackendPermissionError(f"{error.filename}: may not be written; name another folder") from error


def _bring(target: Path, digest: str, places: Sequence[Path]) -> str:
    if _is(target, digest):
        return "is there"
    for place in places:
        if _is(place / target.name, digest):
            _put(target, (place / target.name).read_bytes())
            return f"from {place}"
    content = _download(target.name)
    if hashlib.sha256(content).hexdigest() != digest:
        raise FormatError(PUBLIC, target.name, f"is not that of Pyodide {VERSION}; nothing of it was kept")
    _put(target, content)
    return "downloaded"


def _is(path: Path, digest: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == digest


def _put(target: Path, content: bytes) -> None:
    """Under its name a file is always whole."""
    unfinished = target.with_name(f".{target.name}.part")
    unfinished.write_bytes(content)
    unfinished.replace(target)


def _download(name: str) -> bytes:
    try:
        with urllib.request.urlopen(PUBLIC + name, timeout=PATIENCE) as answer:
            content: bytes = answer.read(_MOST + 1)
    except OSError as error:
        raise BackendConnectionError(
            f"{PUBLIC}{name} cannot be had ({error}); on a machine without a connection, take a folder that was filled "
            "elsewhere, or name folders that have the file with vendor_from="
        ) from error
    return content
