"""Whether systems are to be read from a server, so that they need not lie on this machine."""

from __future__ import annotations

from collections.abc import Sequence

from livn_core.backends._hints import wanted
from livn_core.backends._override import BackendNames, names_in_play
from livn_core.backends._registry import default_backends
from livn_core.backends._selection import Candidate


def server_in_play(backend: BackendNames | None = None) -> bool:
    """Whether the environment points at a server, and a backend that would read from it may be chosen.

    Parameters
    ----------
    backend
        As for :meth:`livn_core.Backends.select`: where other backends are named, the server is out of play.
    """
    names, _ = names_in_play(backend)
    asked = default_backends().names if names is None else names
    return any(hint.name in asked and hint.name in default_backends().names for hint in wanted())


def local_backends(path: str) -> tuple[str, ...]:
    """The backends that can open a file on this machine, whatever the environment says, best first.

    What was just written here is read back through one of them, also where everything else comes from a server.
    """
    rows: Sequence[Candidate] = default_backends().explain(path, default_backends().names).candidates
    rows = sorted(rows, key=lambda row: (-(row.priority or 0), row.name))
    return tuple(row.name for row in rows if row.status in {"chosen", "usable"} and not server_in_play(row.name))
