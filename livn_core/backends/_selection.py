"""Which backend was chosen, and why: a value that is kept with what was opened."""

from __future__ import annotations

import html
from typing import Literal, TypeAlias

import attrs

from livn_core._showing import shown
from livn_core.backends._backend import Backend
from livn_core.backends._override import ENV_VAR, By

Status: TypeAlias = Literal["chosen", "usable", "unavailable", "declined", "failed", "broken", "not asked"]

BY_TEXT: dict[By, str] = {
    "argument": "by the backend= argument",
    "context": "by use_backend()",
    "environment": f"by {ENV_VAR}",
    "priority": f"by priority ({ENV_VAR} is not set)",
}


@attrs.frozen
class Candidate:
    """One backend that was considered, and what came of it."""

    name: str
    provider: str
    priority: int | None
    """``None`` where the plugin could not be loaded, or was not."""
    status: Status
    reason: str = ""
    remedy: str = ""

    def line(self) -> str:
        """The candidate in one line: name, reason, remedy."""
        text = f"{self.name}: {self.status}"
        if self.reason:
            text += f" ({self.reason})"
        return f"{text} -> {self.remedy}" if self.remedy else text


@attrs.frozen
class Selection:
    """The outcome of a choice between backends."""

    source: str | None
    """What was to be opened; ``None`` where only "anything at all?" was asked."""

    chosen: Backend | None
    """The backend; ``None`` only in an explanation, where nothing can open the source."""

    by: By
    """What decided: an argument, a context, the environment, or the priorities."""

    candidates: tuple[Candidate, ...]
    """Every installed backend and every one that was named, in the order of the choice."""

    instead_of: str = ""
    """With ``fallback=True``: the backends that failed before this one."""

    notes: tuple[str, ...] = ()
    """What the backend has read otherwise than its name promises so far, and why; one line each."""

    @property
    def backend(self) -> Backend:
        """The chosen backend.

        Raises
        ------
        LookupError
            In an explanation of a source that nothing can open.
        """
        if self.chosen is None:
            raise LookupError(f"no backend was chosen for {self.source}")
        return self.chosen

    @property
    def name(self) -> str:
        """The chosen backend's name; empty where there is none."""
        return self.chosen.name if self.chosen else ""

    @property
    def why(self) -> str:
        """One phrase: what decided."""
        text = BY_TEXT[self.by]
        return f"{text}, after {self.instead_of} failed" if self.instead_of else text

    def explain(self) -> str:
        """Several lines: the choice, then every candidate with its reason."""
        head = f"{self.name}, {self.why}" if self.chosen else f"no backend can open {shown(self.source or 'anything')}"
        rows = [*(candidate.line() for candidate in self.candidates), *self.notes]
        return "\n".join([head, *(f"  {row}" for row in rows)])

    def __str__(self) -> str:
        return self.explain()

    def _repr_html_(self) -> str:
        head = (
            "<tr><th>backend</th><th>provider</th><th>priority</th><th>status</th><th>reason</th><th>remedy</th></tr>"
        )
        rows = "".join(_html_row(candidate) for candidate in self.candidates)
        caption = html.escape(self.explain().split("\n", 1)[0])
        return f"<table><caption>{caption}</caption>{head}{rows}</table>"


def _html_row(candidate: Candidate) -> str:
    priority = "" if candidate.priority is None else candidate.priority
    cells = (candidate.name, candidate.provider, priority, candidate.status, candidate.reason, candidate.remedy)
    return "<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in cells) + "</tr>"
