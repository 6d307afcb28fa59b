"""A system, or one NeuroH5 file, taken as one thing: for what works on either, whole."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import attrs

from livn_core.backends import BackendNames
from livn_core.errors import SourceNotFoundError
from livn_core.locations import is_one_file, shown
from livn_core.neuroh5 import NeuroH5File, Projection, open_neuroh5
from livn_core.system._system import System


@attrs.frozen
class Whole:
    """Everything that lies at one place, open."""

    place: str
    """Path or address, fit to be shown."""
    cells: NeuroH5File
    """The file with the cells."""
    connections: NeuroH5File | None
    """The file with the projections, which may be the same; ``None`` where a system has cells only."""
    system: System | None
    """The system; ``None`` where this is one file."""

    @property
    def files(self) -> tuple[NeuroH5File, ...]:
        """Each of the HDF5 files once."""
        both = (self.cells, self.connections)
        return tuple(dict.fromkeys(one for one in both if one is not None))

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The projections as (pre, post)."""
        return () if self.connections is None else self.connections.projections

    def projection(self, pair: tuple[str, str]) -> Projection:
        """One of :attr:`pairs`."""
        assert self.connections is not None, "a pair comes from this file"
        return self.connections.projection(*pair)

    @property
    def document_names(self) -> tuple[str, ...]:
        """The JSON files beside the HDF5 files, sorted."""
        return () if self.system is None else self.system.sidecar_names

    def document(self, name: str) -> bytes:
        """The bytes of one of them."""
        assert self.system is not None, "only a system has documents"
        content: bytes = self.system.load_file(name, mode="rb")
        return content


@contextmanager
def open_whole(
    source: str | os.PathLike[str] | System,
    backend: BackendNames | None = None,
    options: Mapping[str, object] | None = None,
) -> Iterator[Whole]:
    """Open a system or one file, for as long as the block lasts; a ``System`` that is given stays open.

    Raises
    ------
    FileNotFoundError, NoBackendError, ConfigError, FormatError, BackendError
        As for :class:`System` and :func:`livn_core.open_neuroh5`.
    """
    if isinstance(source, System):
        yield _whole(source)
    elif is_one_file(os.fspath(source)):
        with open_neuroh5(source, backend=backend, options=options) as file:
            yield Whole(shown(file.source), file, file, None)
    else:
        with System(source, backend=backend, options=options) as system:
            yield _whole(system)


def _whole(system: System) -> Whole:
    files = system._files
    try:
        connections = files.connections
    except SourceNotFoundError:
        connections = None
    return Whole(shown(system.uri), files.cells, connections, system)
