"""Who reads a dataset, and why it is not neuroh5: decided before the call, and kept."""

from __future__ import annotations

from typing import Literal, TypeAlias

import attrs

Reader: TypeAlias = Literal["neuroh5", "pyfive"]


class Refused(Exception):
    """neuroh5 would read something wrongly, slowly or not at all, or the process would not survive it.

    Parameters
    ----------
    node
        The place that this is true of: the file (``/``), a population, namespace, projection or dataset.
    why
        The reason, which goes on after the place and a colon.
    """

    def __init__(self, node: str, why: str) -> None:
        self.node = node
        self.why = why
        super().__init__(f"{node}: {why}")


@attrs.frozen
class Route:
    """Who read a dataset the last time."""

    path: str
    reader: Reader
    node: str = ""
    """Where the reason lies, which may be true of more than this dataset; empty where neuroh5 read it."""
    why: str = ""


class Record:
    """The routes that were taken in one file. Safe to use from several threads, by what a dict does in one step."""

    def __init__(self) -> None:
        self._routes: dict[str, Route] = {}
        self._notes: dict[str, None] = {}

    def read_by_neuroh5(self, path: str) -> None:
        """Note that neuroh5 read a dataset."""
        self._routes[path] = Route(path, "neuroh5")

    def refused(self, path: str, refusal: Refused) -> None:
        """Note that the metadata reader had to read a dataset."""
        self._routes[path] = Route(path, "pyfive", refusal.node, refusal.why)
        self._notes[f"read with pyfive: {refusal.node}: {refusal.why}"] = None

    @property
    def routes(self) -> dict[str, Route]:
        """The last route of each dataset, by path."""
        return dict(sorted(self._routes.copy().items()))

    @property
    def notes(self) -> tuple[str, ...]:
        """One line for each reason that came up: the place, and what is the matter there."""
        return tuple(self._notes.copy())
