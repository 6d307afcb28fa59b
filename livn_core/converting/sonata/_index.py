"""The indices of an edge population: for each node, the ranges of edges that begin or end at it.

Their layout is that of the SONATA developer guide: ``node_id_to_ranges`` leads to rows of ``range_to_edge_id``, which
hold the first edge and one more than the last. libsonata needs both to find the edges of a node. bmtk and the published
examples call the first ``node_id_to_range``, which libsonata does not know, so it has both names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from livn_core.h5file import IntArray

if TYPE_CHECKING:
    import h5py

DIRECTIONS = {"source": "source_to_target", "target": "target_to_source"}


def write_indices(edges: h5py.Group, n_sources: int, n_targets: int) -> None:
    """Write both indices of an edge population.

    Parameters
    ----------
    edges
        The population's group, with ``source_node_id`` and ``target_node_id``.
    n_sources, n_targets
        One more than the largest id of a node.
    """
    for end, count in (("source", n_sources), ("target", n_targets)):
        index = edges.create_group(f"indices/{DIRECTIONS[end]}")
        nodes, ranges = index_of(edges[f"{end}_node_id"][:].astype(np.int64, copy=False), count)
        index.create_dataset("node_id_to_ranges", data=nodes, dtype="<u8")
        index["node_id_to_range"] = index["node_id_to_ranges"]
        index.create_dataset("range_to_edge_id", data=ranges, dtype="<u8")


def index_of(ids: IntArray, count: int) -> tuple[IntArray, IntArray]:
    """Ranges of equal ids.

    Parameters
    ----------
    ids
        int64, shape (e,): the node of each edge.
    count
        One more than the largest id.

    Returns
    -------
    nodes
        int64, shape (count, 2): the first range of each node, and one more than the last.
    ranges
        int64, shape (r, 2): the first edge of each range, and one more than the last.
    """
    starts = np.flatnonzero(np.concatenate((np.ones(min(ids.size, 1), np.bool_), ids[1:] != ids[:-1])))
    stops = np.append(starts[1:], ids.size)[: starts.size]
    owners = ids[starts]
    order = np.argsort(owners, kind="stable")
    ranges = np.stack((starts[order], stops[order]), axis=1)
    bounds = np.searchsorted(owners[order], np.arange(count + 1))
    return np.stack((bounds[:-1], bounds[1:]), axis=1), ranges
