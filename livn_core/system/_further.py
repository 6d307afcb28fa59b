"""What leads from a system to other things: a part of it. Each is imported when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from livn_core.errors import InvalidArgumentError

if TYPE_CHECKING:
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

        whole: Any = getattr(self, "source", self)
        chosen = self.selection(spec, **how)  # type: ignore[attr-defined] # from Structure
        if chosen is None:
            chosen = {one: self._population_gids(one) for one in self.populations}  # type: ignore[attr-defined] # as above
        if not isinstance(chosen, dict):
            raise InvalidArgumentError(f"a subset is given by gids of each population, not by {type(chosen).__name__}")
        return Subset(whole, chosen, name)
