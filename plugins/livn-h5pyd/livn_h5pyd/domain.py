"""Which domain of the server a path means.

The server keeps one folder per system, so of a local path only the end counts: what follows its last ``graphs``
component, else its last part (a system), or last two parts (a file of a system).
"""

from __future__ import annotations

import re
from pathlib import Path

from livn_core.errors import InvalidArgumentError

SCHEME = "hdf5://"
_ROOT = "graphs"


def system_name(source: str) -> str:
    """The name under which the server knows a system.

    Parameters
    ----------
    source
        A directory, or ``hdf5://NAME``.

    Examples
    --------
    >>> system_name("systems/graphs/EI1"), system_name("hdf5://lab/EI1/")
    ('EI1', 'lab/EI1')
    """
    return "/".join(_relevant(source, 1))


def domain_of(source: str) -> str:
    r"""The domain of one HDF5 file.

    Parameters
    ----------
    source
        A path whose end is ``SYSTEM/FILE``, or ``hdf5://DOMAIN``, which is taken as it is.

    Examples
    --------
    >>> domain_of(r"C:\livn\graphs\EI1\cells.h5"), domain_of("hdf5://lab/EI1/cells.h5")
    ('/EI1/cells.h5', '/lab/EI1/cells.h5')
    """
    return "/" + "/".join(_relevant(source, 2))


def _relevant(source: str, wanted: int) -> list[str]:
    if source.startswith(SCHEME):
        parts = _split(source.removeprefix(SCHEME))
    else:
        parts = _split(source)
        # "cells.h5", "." and ".." say where they are only together with the working directory.
        if not source.startswith(("/", "\\")) and (len(parts) < wanted or ".." in parts):
            parts = _split(f"{Path.cwd()}/{source}")
        parts = _after_root(parts) or parts[-wanted:]
    if not parts or ".." in parts:
        raise InvalidArgumentError(f"{source!r} names no domain of a server; a system is named like hdf5://EI1")
    return parts


def _after_root(parts: list[str]) -> list[str]:
    last = max((index for index, part in enumerate(parts) if part == _ROOT), default=len(parts))
    return parts[last + 1 :]


def _split(path: str) -> list[str]:
    """Split on both separators, drop ``.``, and apply every ``..`` that has something before it."""
    parts: list[str] = []
    for part in re.split(r"[/\\]+", path):
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part not in {"", "."}:
            parts.append(part)
    return parts
