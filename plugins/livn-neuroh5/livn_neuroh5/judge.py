"""Everything that is decided about a file before neuroh5 is asked, each once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from livn_neuroh5.cells import CellNamespace, attribute_rows, read_namespace
from livn_neuroh5.edges import ProjectionIndex, edge_types, read_index
from livn_neuroh5.library import Library
from livn_neuroh5.metadata import Metadata
from livn_neuroh5.place import check_superblock
from livn_neuroh5.populations import Populations, read_populations
from livn_neuroh5.routes import Refused
from livn_neuroh5.rows import Rows

T = TypeVar("T")


class Judge:
    """Answers, or :class:`Refused`, for the parts of one file. Of two threads with one question both may work.

    Parameters
    ----------
    metadata
        The file.
    path
        Where neuroh5 finds it.
    library
        neuroh5.
    """

    def __init__(self, metadata: Metadata, path: str, library: Library) -> None:
        self.metadata = metadata
        self._path = path
        self._library = library
        self._known: dict[tuple[str, ...], Any] = {}

    def _once(self, question: tuple[str, ...], work: Callable[[], T]) -> T:
        if question not in self._known:
            try:
                self._known[question] = work()
            except Refused as refusal:
                self._known[question] = (refusal.node, refusal.why)
        answer: Any = self._known[question]
        if isinstance(answer, tuple):
            raise Refused(*answer)
        return answer  # type: ignore[no-any-return]

    @property
    def populations(self) -> Populations:
        """Who the cells are, as neuroh5 sees them."""
        return self._once(("populations",), self._populations)

    def _populations(self) -> Populations:
        check_superblock(self._superblock_version())
        return read_populations(self.metadata)

    def _superblock_version(self) -> int:
        file = self.metadata.file
        return file.storage.read(file.base, 9)[8]

    def namespace(self, population: str, namespace: str) -> CellNamespace:
        """A namespace of cell attributes that neuroh5 can be shown."""
        return self._once(("cells", population, namespace), lambda: self._namespace(population, namespace))

    def _namespace(self, population: str, namespace: str) -> CellNamespace:
        found = read_namespace(self.metadata, self.populations, population, namespace)
        problem = self._library.problem(self._path, found.index_by_path, found.values_paths)
        if problem is None:
            problem = "neuroh5 must not fail over these indices, and its HDF5 cannot be asked whether it reads them"
        if problem:
            raise Refused(found.top, problem)
        return found

    def rows(self, namespace: CellNamespace, name: str) -> Rows:
        """Which values belong to which cell, where neuroh5 reads them right."""
        return self._once(("rows", namespace.top, name), lambda: attribute_rows(self.metadata, namespace, name))

    def projection(self, pre: str, post: str) -> ProjectionIndex:
        """Which edges arrive at which cell, where neuroh5 reads them right."""
        return self._once(("edges", post, pre), lambda: self._projection(pre, post))

    def _projection(self, pre: str, post: str) -> ProjectionIndex:
        found = read_index(self.metadata, self.populations, pre, post)
        problem = self._library.problem(self._path, found.index_by_path, [found.sources])
        if problem:
            raise Refused(found.top, problem)
        return found

    def edge_types(self, index: ProjectionIndex, namespace: str) -> dict[str, np.dtype[Any]]:
        """Types of all attributes of a namespace, where neuroh5 reads them right."""
        return self._once(("types", index.top, namespace), lambda: edge_types(self.metadata, index, namespace))
