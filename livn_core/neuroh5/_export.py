"""Projections in the forms of other libraries, each imported only here."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

import numpy as np

from livn_core.errors import missing_package
from livn_core.h5file import AnyArray
from livn_core.neuroh5._arguments import as_weight
from livn_core.neuroh5.values import Edges, taken
from livn_core.ranges import pointer_of

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    import scipy.sparse as sp

    from livn_core.neuroh5._projection import AttributeNames, Projection


def to_scipy(projection: Projection, weight: str | None = None) -> sp.csc_array:
    """The projection as a sparse matrix.

    Parameters
    ----------
    projection
        What to read.
    weight
        An edge attribute, ``"Namespace/name"``; ``None``: every edge counts 1 (int64). float16, which scipy cannot
        add up, becomes float32.

    Returns
    -------
    scipy.sparse.csc_array, shape (pre.count, post.count)
        Row *i* is gid ``pre.start + i``, column *j* is gid ``post.start + j``. One stored entry for each edge: where
        two cells share several, ``tocoo()`` shows them all, and indexing, sums and products add them up.
    """
    try:
        import scipy.sparse as sp
    except ImportError as error:
        raise missing_package("scipy", "to_scipy()") from error

    edges = projection.read(attributes=as_weight(weight))
    rows, pointer = taken(edges.pre_gids), pointer_of(projection.in_degree())
    if pointer[-1] < 2**31:
        pointer = pointer.astype(rows.dtype)  # scipy would widen the rows to match
    if rows.size:  # a population without cells may begin beyond what gids of others need
        rows -= rows.dtype.type(projection.pre.start)
    data = np.ones(len(edges), np.int64) if weight is None else taken(_attribute(edges, weight))
    if data.dtype == np.float16:
        data = data.astype(np.float32)
    return sp.csc_array((data, rows, pointer), shape=(projection.pre.count, projection.post.count))


def to_pandas(projection: Projection, attributes: AttributeNames = True) -> pd.DataFrame:
    """The projection as a table.

    Returns
    -------
    pandas.DataFrame
        One row for each edge, in the order of ``read()``: ``pre`` and ``post`` (gids), then each attribute under its
        full name, ``"Namespace/name"``, in the file's dtype.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise missing_package("pandas", "to_pandas()") from error

    return pd.DataFrame(_columns(projection, attributes), copy=False)


def to_arrow(projection: Projection, attributes: AttributeNames = True) -> pa.Table:
    """The projection as an Arrow table, with the columns of :func:`to_pandas`; its buffers are what was read."""
    try:
        import pyarrow as pa
    except ImportError as error:
        raise missing_package("pyarrow", "to_arrow()") from error

    return pa.table(_columns(projection, attributes))


def _columns(projection: Projection, attributes: AttributeNames) -> dict[str, AnyArray]:
    edges = projection.read(attributes=attributes)
    columns: dict[str, Any] = {"pre": taken(edges.pre_gids), "post": edges.post_gid_per_edge}
    for namespace, named in edges.attributes.items():
        columns |= {f"{namespace}/{name}": taken(values) for name, values in named.items()}
    return columns


def _attribute(edges: Edges, full_name: str) -> AnyArray:
    namespace, _, name = full_name.partition("/")
    return edges.attributes[namespace][name]


def projection_html(projection: Projection) -> str:
    """A projection for a notebook."""
    names = [f"{namespace}/{name}" for namespace, all_ in projection.namespaces.items() for name in all_]
    rows = {
        "from": f"{projection.pre.name} ({projection.pre.count} cells)",
        "onto": f"{projection.post.name} ({projection.post.count} cells)",
        "edges": f"{projection.n_edges:,}",
        "attributes": ", ".join(names) or "none",
    }
    body = "".join(f"<tr><th>{key}</th><td>{html.escape(value)}</td></tr>" for key, value in rows.items())
    return f"<table><caption>Projection</caption>{body}</table>"
