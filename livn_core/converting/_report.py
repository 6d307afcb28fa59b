"""What a conversion did: what came across, and what did not, with the reason."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import attrs

from livn_core.errors import InvalidArgumentError


@attrs.frozen
class Remark:
    """One thing that is not the same on the other side."""

    kind: Literal["dropped", "changed"]
    """``"dropped"``: it is not there. ``"changed"``: it is there, but not as it was."""
    what: str
    """Where it was: a path in a file, a column, an attribute."""
    why: str
    """What the other format lacks, or what was done instead."""

    def __str__(self) -> str:
        return f"{self.kind}: {self.what}: {self.why}"


@attrs.frozen
class Conversion:
    """A conversion that was done. Prints as a few lines of text."""

    source: str
    """What was read."""
    target: Path
    """What was written."""
    cells: dict[str, int]
    """Cells by population, as they are called in what was written."""
    edges: dict[str, int]
    """Edges by projection or edge population, as they are called in what was written."""
    remarks: tuple[Remark, ...] = ()
    """Everything that was dropped or changed, each once."""

    @property
    def dropped(self) -> tuple[Remark, ...]:
        """The remarks on what is not in what was written."""
        return tuple(one for one in self.remarks if one.kind == "dropped")

    @property
    def summary(self) -> str:
        """One line: what was written, and how much of it."""
        return (
            f"{self.target}: {sum(self.cells.values()):,} cells in {len(self.cells)} populations, "
            f"{sum(self.edges.values()):,} edges in {len(self.edges)} projections"
        )

    def __str__(self) -> str:
        return "\n".join([self.summary, *map(str, self.remarks)])


@attrs.define
class Remarks:
    """Collects remarks; the same one twice is one."""

    _found: dict[Remark, None] = attrs.field(factory=dict)

    def dropped(self, what: str, why: str) -> None:
        """Note what is not in what is written."""
        self._found[Remark("dropped", what, why)] = None

    def changed(self, what: str, why: str) -> None:
        """Note what is not as it was."""
        self._found[Remark("changed", what, why)] = None

    def all(self) -> tuple[Remark, ...]:
        """The remarks in the order in which they came."""
        return tuple(self._found)


def check_apart(source: Path, target: Path) -> None:
    """Refuse a target inside of what is read, or around it, where overwriting would take away what is being read."""
    one, other = source.resolve(), target.resolve()
    if one == other or one in other.parents or other in one.parents:
        raise InvalidArgumentError(f"{target}: is also where {source} is read from; choose another path to write to")


def named(source: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> str:
    """What was read, in words."""
    return ", ".join(map(str, [source] if isinstance(source, str | os.PathLike) else source))
