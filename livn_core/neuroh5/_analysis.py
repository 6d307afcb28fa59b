"""What any projection, whole or in part, gives to other libraries beside matrices, and its statistics.

Everything here goes by the public members of a projection. Libraries are imported when they are used.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from livn_core.h5file import AnyArray, IntArray
from livn_core.neuroh5.values import Edges

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd
    import pyarrow as pa

    from livn_core.neuroh5._projection import AttributeNames
    from livn_core.neuroh5._statistics import DegreeStatistics

MOST_EDGES = 1_000_000
"""How many edges ``to_networkx`` takes unless told otherwise: networkx needs about 600 bytes for each."""


class PopulationLike(Protocol):
    """The cells at one end of a projection."""

    @property
    def name(self) -> str: ...
    @property
    def start(self) -> int: ...
    @property
    def count(self) -> int: ...
    @property
    def gids(self) -> IntArray: ...


class ProjectionLike(Protocol):
    """What is used of a projection, whole or in part."""

    @property
    def pre(self) -> PopulationLike: ...
    @property
    def post(self) -> PopulationLike: ...
    @property
    def n_edges(self) -> int: ...
    @property
    def namespaces(self) -> Mapping[str, tuple[str, ...]]: ...
    def read(self, gids: Any = None, attributes: AttributeNames = False) -> Edges: ...
    def blocks(self, max_bytes: int = ..., attributes: AttributeNames = False) -> Iterator[Edges]: ...
    def in_degree(self) -> IntArray: ...
    def out_degree(self) -> IntArray: ...


class ProjectionAnalysis:
    """Exports and statistics, mixed into each kind of projection."""

    def to_pandas(self, attributes: AttributeNames = True) -> pd.DataFrame:
        """The edges as a table of pandas.

        Parameters
        ----------
        attributes
            As for :meth:`read`.

        Returns
        -------
        pandas.DataFrame
            One row for each edge, in the order of :meth:`read`: ``pre`` and ``post`` (gids), then each attribute under
            its full name, ``"Namespace/name"``, in the file's dtype.

        Raises
        ------
        UnknownNameError, MissingPackageError
            There is no such attribute; pandas is not installed.
        """
        from livn_core.neuroh5._export import to_pandas

        return to_pandas(self, attributes)  # type: ignore[arg-type] # mixed in

    def to_arrow(self, attributes: AttributeNames = True) -> pa.Table:
        """The edges as an Arrow table.

        Parameters
        ----------
        attributes
            As for :meth:`read`.

        Returns
        -------
        pyarrow.Table
            The columns of :meth:`to_pandas`. Its buffers are the arrays that were read.

        Raises
        ------
        UnknownNameError, MissingPackageError
            There is no such attribute; pyarrow is not installed.
        """
        from livn_core.neuroh5._export import to_arrow

        return to_arrow(self, attributes)  # type: ignore[arg-type] # mixed in

    def to_networkx(
        self, attributes: AttributeNames = True, *, max_edges: int | None = MOST_EDGES
    ) -> nx.MultiDiGraph[int]:
        """The projection as a graph; see :func:`livn_core.analysis.to_networkx`, which also has positions.

        Parameters
        ----------
        attributes
            Which edge attributes, as for :meth:`read`.
        max_edges
            Refuse more edges than that, since each takes about 600 bytes; None: any number.

        Returns
        -------
        networkx.MultiDiGraph
            A node for each cell of both populations, by gid, with ``population``; an edge for each edge, with its
            attributes under their full names.

        Raises
        ------
        TooLargeError
            There are more edges than ``max_edges``.
        """
        from livn_core.neuroh5._networkx import empty_graph, put_edges

        graph = empty_graph(self.n_edges, max_edges, f"{self.pre.name} -> {self.post.name}")  # type: ignore[attr-defined] # mixed in
        for population in (self.pre, self.post):  # type: ignore[attr-defined] # as above
            graph.add_nodes_from(population.gids.tolist(), population=population.name)
        put_edges(graph, self, attributes)  # type: ignore[arg-type] # as above
        return graph

    def to_parquet(self, path: str | os.PathLike[str], attributes: AttributeNames = True) -> Path:
        """Write the edges to a Parquet file, a block at a time, with the columns of :meth:`to_pandas`.

        Parameters
        ----------
        path
            The file; it appears under its name when it is complete, and replaces what was there.
        attributes
            As for :meth:`read`.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        UnknownNameError, MissingPackageError
            There is no such attribute; pyarrow is not installed.
        """
        from livn_core.neuroh5._parquet import write_edges

        return write_edges(path, self, attributes)  # type: ignore[arg-type] # mixed in

    def degree_statistics(self) -> DegreeStatistics:
        """In-degrees, out-degrees, convergence and divergence; see :class:`livn_core.neuroh5.DegreeStatistics`.

        One pass over the edges, a block at a time.

        Returns
        -------
        DegreeStatistics
            Edges for each cell, and cells for each cell; those without edges count as 0.
        """
        from livn_core.neuroh5._statistics import degree_statistics

        return degree_statistics(self)  # type: ignore[arg-type] # mixed in


def attribute_of(edges: Edges, full_name: str) -> AnyArray:
    """One attribute by its full name, ``"Namespace/name"``."""
    namespace, _, name = full_name.partition("/")
    return edges.attributes[namespace][name]


def edge_columns(edges: Edges) -> dict[str, AnyArray]:
    """Edges as the columns of a table: ``pre``, ``post``, then each attribute under its full name."""
    columns: dict[str, AnyArray] = {"pre": edges.pre_gids, "post": edges.post_gid_per_edge}
    for namespace, named in edges.attributes.items():
        columns |= {f"{namespace}/{name}": values for name, values in named.items()}
    return columns
