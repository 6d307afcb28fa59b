"""One awkward file: how to make it, and what must come out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import attrs

from livn_core.errors import FormatError
from livn_core.testing._content import Content, assert_raises, assert_same

if TYPE_CHECKING:
    import h5py


@attrs.frozen
class Refusal:
    """A ``FormatError`` must come out."""

    says: str
    """Words that its text must hold: the place."""


Outcome: TypeAlias = Content | Refusal


@attrs.frozen
class Case:
    """A file that a reader may get wrong."""

    name: str
    why: str
    """What it is about, in one sentence."""
    build: Callable[[h5py.File], Outcome]
    """Fills an empty file, and says what must come out: written down from the construction, not read."""

    def write(self, path: Path) -> Outcome:
        """Make the file."""
        import h5py

        with h5py.File(path, "w") as file:
            return self.build(file)

    def check(self, outcome: Outcome, read: Callable[[], Content]) -> None:
        """Read and compare.

        Raises
        ------
        AssertionError
            Something else came out.
        """
        if isinstance(outcome, Content):
            assert_same(read(), outcome)
        else:
            assert_raises(FormatError, outcome.says, read)


_cases: dict[str, Case] = {}


def case(build: Callable[[h5py.File], Outcome]) -> Callable[[h5py.File], Outcome]:
    """Register a function as a case: its name and its first line are the case's."""
    name = build.__name__.replace("_", "-")
    why = (build.__doc__ or "").strip().splitlines()[0]
    _cases[name] = Case(name, why, build)
    return build


def registered() -> tuple[Case, ...]:
    """All cases, in the order in which they were defined."""
    return tuple(_cases.values())
