"""What came of one step, and of all of them."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import attrs

Status: TypeAlias = Literal["ok", "warn", "fail", "skipped"]


@attrs.frozen
class Step:
    """One step of the chain."""

    name: str
    status: Status
    found: str
    """What is there, in one sentence."""

    remedy: str = ""
    """What to do, a command to type where there is one; empty where all is well."""


def ok(name: str, found: str) -> Step:
    """A step that found what it should."""
    return Step(name, "ok", found)


def warn(name: str, found: str, remedy: str) -> Step:
    """A step that found something that works, or works for some."""
    return Step(name, "warn", found, remedy)


def fail(name: str, found: str, remedy: str) -> Step:
    """A step that found what keeps a reader from reading."""
    return Step(name, "fail", found, remedy)


def skipped(name: str, because: str) -> Step:
    """A step that makes no sense before another one is right."""
    return Step(name, "skipped", f"waits for: {because}")


@attrs.frozen
class Report:
    """All steps, in order."""

    endpoint: str
    files_endpoint: str
    bucket: str
    steps: tuple[Step, ...]

    @property
    def usable(self) -> bool:
        """Whether systems can be read: no step has failed."""
        return not any(step.status == "fail" for step in self.steps)

    def step(self, name: str) -> Step:
        """The step of that name."""
        return next(step for step in self.steps if step.name == name)

    def document(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {"usable": self.usable, **attrs.asdict(self)}
