"""A system as a networkx graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from livn_core.analysis._tables import Names, cell_table, edge_attributes
from livn_core.neuroh5._analysis import MOST_EDGES
from livn_core.neuroh5._networkx import empty_graph, put_edges

if TYPE_CHECKING:
    import networkx as nx

    from livn_core.system._subset import Subset
    from livn_core.system._system import System


def to_networkx(
    system: System | Subset, attributes: Names = True, *, max_edges: int | None = MOST_EDGES
) -> nx.MultiDiGraph[int]:
    """A system as a directed graph, in which two cells may share several edges.

    Parameters
    ----------
    system
        A system, or a subset of one.
    attributes
        Which edge attributes: False: none. True: all. Else names, ``"Namespace/name"``.
    max_edges
        Refuse more edges than that: networkx needs about 600 bytes for each. None: any number.

    Returns
    -------
    networkx.MultiDiGraph
        Nodes are gids, with ``population`` and, in µm, ``x``, ``y``, ``z`` (NaN without coordinates). Edges have their
        attributes under their full names.

    Raises
    ------
    TooLargeError
        There are more edges than ``max_edges``.
    UnknownNameError
        There is no such attribute.
    ImportError
        networkx is not installed.
    """
    names = edge_attributes(system, attributes)
    total = sum(system.projection(*pair).n_edges for pair in names)
    graph = empty_graph(total, max_edges, str(system.name))
    cells = cell_table(system)
    populations = [system.populations[code] for code in cells.populations.tolist()]
    xyz = [one.tolist() for one in cells.xyz.values()]
    graph.add_nodes_from(
        (gid, {"population": population, "x": x, "y": y, "z": z})
        for gid, population, x, y, z in zip(cells.gids.tolist(), populations, *xyz, strict=True)
    )
    for pair, chosen in names.items():
        put_edges(graph, system.projection(*pair), chosen or False)
    return graph
