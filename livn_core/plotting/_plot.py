"""``system.plot``: one method for each kind of picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy.typing as npt
    from matplotlib.figure import Figure, SubFigure

    from livn_core.system._subset import Subset
    from livn_core.system._system import System

KINDS: Final = ("cells", "degrees", "distance", "matrix", "populations")
"""The kinds of pictures, each a method of :class:`Plot`."""


class Plot:
    """Pictures of a system, or of a subset of one; got as ``system.plot``.

    Each method returns a matplotlib figure with a ``savefig`` and, in a notebook, a picture. With ``figure=`` it draws
    into one that is there, such as one of ``figure.subfigures(1, 2)``. Populations have the same colour in all of them,
    from a palette that the colour-blind tell apart [1]_; from the eighth on, another marker or line as well.

    References
    ----------
    .. [1] M. Okabe and K. Ito, Color Universal Design, https://jfly.uni-koeln.de/color/
    """

    def __init__(self, system: System | Subset) -> None:
        self._system = system

    def cells(self, *, view: str = "auto", electrodes: bool = True, figure: Figure | SubFigure | None = None) -> Any:
        """Where the cells of each population are, with the electrodes of ``mea.json``.

        Parameters
        ----------
        view
            ``"xy"``, ``"xz"``, ``"yz"``: one plane. ``"all"``: all three. ``"auto"``: all three where the system is
            not flat.
        electrodes
            Whether to draw electrodes, where there are any.
        figure
            Where to draw; by default a new figure.

        Raises
        ------
        InvalidArgumentError
            There is no such view, or no cell has a position.
        """
        from livn_core.plotting._cells import cells

        return cells(self._system, view, electrodes, figure)

    def degrees(self, *, figure: Figure | SubFigure | None = None) -> Any:
        """Histograms of in-degrees: a panel for each post population, a line for each population projecting onto it.

        Parameters
        ----------
        figure
            Where to draw; by default a new figure.
        """
        from livn_core.plotting._degrees import degrees

        return degrees(self._system, figure)

    def distance(self, *, bins: int | npt.ArrayLike = 20, figure: Figure | SubFigure | None = None) -> Any:
        """Connection probability over distance: a panel for each post population, a line for each pre population.

        Parameters
        ----------
        bins
            As for :meth:`livn_core.System.distance_statistics`.
        figure
            Where to draw; by default a new figure.
        """
        from livn_core.plotting._distance import distance

        return distance(self._system, bins, figure)

    def matrix(self, *, size: int = 400, figure: Figure | SubFigure | None = None) -> Any:
        """The connectivity matrix, pre cells in rows, post cells in columns; where there are many, binned.

        Parameters
        ----------
        size
            About how many rows and columns the picture has at most. Of more cells, those with neighbouring gids share
            one, whose colour is the number of edges for each pair of cells. No population gets less than a fortieth.
        figure
            Where to draw; by default a new figure.
        """
        from livn_core.plotting._matrix import matrix

        return matrix(self._system, size, figure)

    def populations(self, *, figure: Figure | SubFigure | None = None) -> Any:
        """The probability of a connection between each two populations, as a table in colours.

        Parameters
        ----------
        figure
            Where to draw; by default a new figure.
        """
        from livn_core.plotting._populations import populations

        return populations(self._system, figure)
