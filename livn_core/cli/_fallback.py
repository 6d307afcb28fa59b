"""``--fallback`` for a system that was named: where its server fails, the copy on this machine, if there is one.

``System`` falls back on the same path, which on this machine may be nothing; a name can be looked up again.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import attrs

from livn_core.backends import BackendNames, default_backends, server_in_play
from livn_core.errors import BackendFallbackWarning, SystemNotFoundError
from livn_core.system._places import find


@attrs.frozen
class LocalCopy:
    """A system on this machine, of the name of one that could not be read from a server."""

    place: str
    backends: tuple[str, ...]
    instead_of: str
    """The backends that failed."""


def local_copy(name: str, place: str, backend: BackendNames | None, error: Exception) -> LocalCopy | None:
    """Find the copy and warn of it; where there is none, note on ``error`` where it was looked for.

    Parameters
    ----------
    name
        What the user called the system.
    place
        The path that stands for it on the server.
    backend
        The backends that were asked for.
    error
        Why the server's system could not be read.

    Returns
    -------
    LocalCopy or None
        None also where no server is in play, or no other backend, or the copy is what was tried already.
    """
    rows = default_backends().explain(place, backend).candidates
    usable = [row.name for row in rows if row.status in {"chosen", "usable"}]
    servers = [one for one in usable if server_in_play(one)]
    others = tuple(one for one in usable if one not in servers)
    if not servers or not others:
        return None
    try:
        found = find(name, ".", others)
    except SystemNotFoundError as nowhere:
        error.add_note(f"livn: nor is there a copy on this machine: {nowhere}")
        return None
    if Path(found) == Path(place):
        return None
    failed = ", ".join(servers)
    message = f"{place}: backend {failed!r} failed ({type(error).__name__}: {error}); reading {found} instead"
    warnings.warn(message, BackendFallbackWarning, stacklevel=2)
    return LocalCopy(found, others, failed)
