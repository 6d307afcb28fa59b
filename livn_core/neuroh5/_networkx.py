"""Edges as a networkx graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from livn_core.errors import TooLargeError, missing_package
from livn_core.neuroh5._analysis import ProjectionLike, edge_columns

if TYPE_CHECKING:
    import networkx as nx

    from livn_core.neuroh5._projection import AttributeNames

EDGE_BYTES = 600
"""What an edge takes, by tracemalloc of networkx 3.6 on 64 bits with 100 edges for each cell: 436 bytes without
attributes, 581 with one, 605 with two, 653 with four. They are three dicts and their keys, and the numbers."""


def empty_graph(n_edges: int, max_edges: int | None, what: str) -> nx.MultiDiGraph[int]:
    """A graph to be filled with so many edges, if that is not too many.

    Raises
    ------
    TooLargeError
        It would have more than ``max_edges``.
    """
    try:
        import networkx as nx
    except ImportError as error:
        raise missing_package("networkx", "to_networkx()") from error

    if max_edges is not None and n_edges > max_edges:
        raise TooLargeError(
            f"{what} has {n_edges:,} edges, for which networkx would need about {n_edges * EDGE_BYTES / 2**30:.1f} "
            f"GiB; take a part of it with subset(), use to_scipy(), or allow it with max_edges={n_edges}"
        )
    return nx.MultiDiGraph()


def put_edges(graph: nx.MultiDiGraph[int], projection: ProjectionLike, attributes: AttributeNames) -> None:
    """Add the edges of one projection, a block at a time."""
    for block in projection.blocks(attributes=attributes):
        columns = edge_columns(block)
        pre, post = columns.pop("pre").tolist(), columns.pop("post").tolist()
        names, values = list(columns), [one.tolist() for one in columns.values()]
        rows = zip(*values, strict=True) if values else ((),) * len(pre)
        graph.add_edges_from(
            (a, b, dict(zip(names, row, strict=True))) for a, b, row in zip(pre, post, rows, strict=True)
        )
