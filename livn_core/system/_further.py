"""What leads from a system to other things: a part of it, tables, graphs, statistics, pictures.

Each is imported when it is asked for.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import networkx as nx
    import numpy.typing as npt
    import pandas as pd
    import pyarrow as pa
    import xarray as xr

    from livn_core.analysis import DistanceStatistics, ProjectionStatistics
    from livn_core.plotting import Plot
    from livn_core.system._subset import Subset


class Further:
    """The members of a system from files that take it further."""

    def subset(self, spec: Any = None, *, name: str | None = None, **how: Any) -> Subset:
        """A part of the system, lazily: the cells that are selected, and the edges between them.

        Parameters
        ----------
        spec
            Which cells: ``{population: gids}``, as :meth:`selection` returns it, or whatever :meth:`selection` takes.
        name
            What to call it; by default like the whole.
        **how
            Further arguments for :meth:`selection`, such as ``method="radius", radius=100``.

        Returns
        -------
        Subset
            With the interface of a system, and the same gids. A subset of a subset is one of the whole.

        Raises
        ------
        InvalidArgumentError, InvalidTypeError, UnknownNameError, FileNotFoundError
            As for :meth:`selection`.

        Examples
        --------
        >>> from livn_core import System, predefined
        >>> part = System(predefined("EI1")).subset({"EXC": [0, 2, 5], "INH": [8]})
        >>> part.gids.tolist(), part.population_ranges
        ([0, 2, 5, 8], {'EXC': (0, 3), 'INH': (8, 1)})
        """
        from livn_core.system._subset import Subset

        system = self._system
        chosen = system.selection(spec, **how)
        if chosen is None:
            chosen = {one: system.population_gids(one) for one in system.populations}
        return Subset(getattr(self, "source", self), chosen, name)  # type: ignore[arg-type] # a System

    def to_pandas(self, table: str = "cells", attributes: Any = None) -> pd.DataFrame:
        """The cells or the edges as a table of pandas; see :func:`livn_core.analysis.to_pandas`.

        Parameters
        ----------
        table
            ``"cells"``, one row for each, or ``"edges"``.
        attributes
            False: none. True: all. Else names, ``"Namespace/name"``. By default none of the cells', and all of the
            edges'.

        Returns
        -------
        pandas.DataFrame
            ``"cells"``: ``population``, ``x``, ``y``, ``z`` (float64, µm), by gid. ``"edges"``: ``pre``, ``post``
            (int64 gids), their populations. Then the attributes.
        """
        from livn_core.analysis import to_pandas

        return to_pandas(self._system, table, attributes)

    def to_arrow(self, table: str = "cells", attributes: Any = None) -> pa.Table:
        """The cells or the edges as an Arrow table; see :func:`livn_core.analysis.to_arrow`.

        Parameters
        ----------
        table, attributes
            As for :meth:`to_pandas`.

        Returns
        -------
        pyarrow.Table
            The columns of :meth:`to_pandas`, with ``gid`` before them for cells.
        """
        from livn_core.analysis import to_arrow

        return to_arrow(self._system, table, attributes)

    def to_parquet(self, directory: str | os.PathLike[str], **settings: Any) -> Path:
        """Write ``cells.parquet`` and ``edges.parquet``, the edges a block at a time.

        Parameters
        ----------
        directory
            Where to put them; made where it is not there.
        **settings
            Those of :func:`livn_core.analysis.to_parquet`.

        Returns
        -------
        Path
            The directory.
        """
        from livn_core.analysis import to_parquet

        return to_parquet(self._system, directory, **settings)

    def to_networkx(self, attributes: Any = True, **settings: Any) -> nx.MultiDiGraph[int]:
        """The system as a graph.

        Parameters
        ----------
        attributes
            Which attributes of edges: False, True, or names, ``"Namespace/name"``.
        **settings
            Those of :func:`livn_core.analysis.to_networkx`, such as ``max_edges``.

        Returns
        -------
        networkx.MultiDiGraph
            A node for each cell, by gid; an edge for each edge.
        """
        from livn_core.analysis import to_networkx

        return to_networkx(self._system, attributes, **settings)

    def to_xarray(self, attributes: Any = False) -> xr.Dataset:
        """Cells, degrees and connections as labelled arrays.

        Parameters
        ----------
        attributes
            Which attributes of cells; see :func:`livn_core.analysis.to_xarray`.

        Returns
        -------
        xarray.Dataset
            Cells over ``gid``, degrees over cell and population, edges over populations.
        """
        from livn_core.analysis import to_xarray

        return to_xarray(self._system, attributes)

    def statistics(self, bins: int | npt.ArrayLike = 20) -> tuple[ProjectionStatistics, ...]:
        """Degrees, distances and reciprocity by projection.

        Parameters
        ----------
        bins
            As for :meth:`distance_statistics`.

        Returns
        -------
        tuple of livn_core.analysis.ProjectionStatistics
            In the order of ``projection_names``.
        """
        from livn_core.analysis import statistics

        return statistics(self._system, bins)

    def distance_statistics(
        self, pre: str, post: str, bins: int | npt.ArrayLike = 20, **settings: Any
    ) -> DistanceStatistics:
        """Connections of one projection over distance.

        Parameters
        ----------
        pre, post
            The projection.
        bins
            At most so many bins of a round width, or their borders in µm, ascending.
        **settings
            ``max_pairs`` and ``seed`` of :func:`livn_core.analysis.distance_statistics`.

        Returns
        -------
        livn_core.analysis.DistanceStatistics
            Distances in µm, and the probability of a connection in each bin.

        Raises
        ------
        UnknownNameError
            There is no such projection, or a population has no coordinates.
        InvalidArgumentError, InvalidTypeError
            ``bins`` are neither a number of bins nor ascending borders.
        """
        from livn_core.analysis import distance_statistics

        return distance_statistics(self._system, pre, post, bins, **settings)

    @property
    def plot(self) -> Plot:
        """Pictures: ``system.plot.cells()`` and others; see :class:`livn_core.plotting.Plot`."""
        from livn_core.plotting import Plot

        return Plot(self._system)

    @property
    def _system(self) -> Any:
        """The object itself: the mixin is used by ``System`` and ``Subset`` alone."""
        return self
