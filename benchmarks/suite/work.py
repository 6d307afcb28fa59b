"""What a work is described with; nothing here measures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Graph:
    """A file to be written: what is in it, and how it lies there."""

    kind: str
    """``"network"``: cells and four projections. ``"projection"``: cells and one projection, EXC onto EXC."""
    cells: int
    edges: int
    layout: str = "contiguous"

    def __str__(self):
        return f"{self.edges:,} edges onto {self.cells:,} cells, {self.layout}"

    @property
    def folder(self):
        return f"{self.kind}-{self.cells}-{self.edges}-{self.layout.replace(' ', '-').replace(',', '')}"

    def scaled(self, divisor):
        """A smaller one, with as many edges onto each cell."""
        cells = max(20, self.cells // divisor)
        return replace(self, cells=cells, edges=max(cells, cells * (self.edges // self.cells)))


@dataclass(frozen=True)
class Bar:
    """What a work must show."""

    what: str
    value: Callable
    """Given ``{graph: {contender: [sample, ...]}}``, the measured figure, or ``None`` where somebody was missing."""
    most: float | None = None
    least: float | None = None
    unit: str = "x"

    def __str__(self):
        return f"at most {self.most:g} {self.unit}" if self.least is None else f"at least {self.least:g} {self.unit}"

    def is_met(self, value):
        return value <= self.most if self.least is None else value >= self.least


@dataclass(frozen=True, eq=False)
class Work:
    """Something that users do, which several contenders do in turns."""

    name: str
    """For ``--only``; and, unless ``method`` says otherwise, of the contenders' method that does it."""
    title: str
    graphs: tuple[Graph, ...]
    contenders: tuple[str, ...]
    """The first one is ours, with which the others are compared."""
    bars: tuple[Bar, ...] = ()
    rounds: int = 5
    seconds: float = 45.0
    """For one graph: no further round is begun after that."""
    gids: int = 0
    """How many scattered cells the method is given."""
    served: bool = False
    """Whether the files are read from HSDS."""
    commands: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Instead of contenders' methods: arguments of Python, for whole processes."""
    method: str = ""
    note: str = ""
    """For the page."""
