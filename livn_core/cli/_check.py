"""``livn backends --check``: open a source with every backend that says it can, and see."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from livn_core.backends import Backend, Candidate, Selection, default_backends
from livn_core.errors import BackendDeclined, LivnError

CAN = frozenset({"chosen", "usable"})


def checked(selection: Selection, files: Sequence[str]) -> Selection:
    """Try what was only said.

    Parameters
    ----------
    selection
        The answers of all backends.
    files
        The names under which to look for the file, in order.

    Returns
    -------
    Selection
        What opening does: a backend that declines leaves it to the next, and one that fails has failed.
    """
    rows = [_check(row, files) if row.status in CAN else row for row in selection.candidates]
    asked = [new for old, new in zip(selection.candidates, rows, strict=True) if old.status in CAN]
    # Where nothing was chosen although somebody can, a wrong setting has stopped the choice.
    taken = next((row for row in asked if row.status != "declined"), None) if selection.chosen else None
    rows = [attrs.evolve(row, status="chosen") if row is taken and row.status == "usable" else row for row in rows]
    return attrs.evolve(selection, chosen=_backend(taken.name) if taken else None, candidates=tuple(rows))


def _check(row: Candidate, files: Sequence[str]) -> Candidate:
    try:
        backend = _backend(row.name)
        assert backend is not None, "what could not be loaded says nothing"
        _open_and_close(backend, files)
    except BackendDeclined as declined:
        return attrs.evolve(row, status="declined", reason=str(declined))
    except (Exception, SystemExit) as error:  # this is where to find out about a plugin that raises anything at all
        text = str(error) if isinstance(error, LivnError) else f"{type(error).__name__}: {error}"
        return attrs.evolve(row, status="failed", reason=text)
    return attrs.evolve(row, status="usable", reason="opened it")


def _open_and_close(backend: Backend, files: Sequence[str]) -> None:
    for file in files[:-1]:
        try:
            backend.open(file).close()
        except FileNotFoundError:
            continue
        return
    backend.open(files[-1]).close()


def _backend(name: str) -> Backend | None:
    backend = default_backends().get(name)
    return backend if isinstance(backend, Backend) else None
