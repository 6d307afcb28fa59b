"""From what a user gives for a system to a system."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from livn_core.errors import InvalidTypeError
from livn_core.system._parallel import ParallelSystem
from livn_core.system._predefined import predefined
from livn_core.system._system import System


def make(name: str = "EI", **arguments: Any) -> System:
    """Open a system by its name: ``System(predefined(name))``.

    Parameters
    ----------
    name
        As for :func:`predefined`.
    **arguments
        As for :class:`System`.
    """
    return System(predefined(name, backend=arguments.get("backend"), comm=arguments.get("comm")), **arguments)


def resolve(spec: Any, comm: Any = None) -> Any:
    """Turn a number, a path or a system into a system.

    Parameters
    ----------
    spec
        An int or ``{population: count}``: a :class:`ParallelSystem`. A path or address: a :class:`System`. Anything
        that has populations is a system already.
    comm
        A communicator for the new system.

    Raises
    ------
    InvalidTypeError
        It is none of these; a bool is none.
    """
    if isinstance(spec, bool | np.bool_):
        raise InvalidTypeError(f"a system is a number of cells, a path or a System, not the bool {spec}")
    if isinstance(spec, int | np.integer | Mapping):
        return ParallelSystem(spec, comm=comm)
    if isinstance(spec, str | os.PathLike):
        return System(spec, comm=comm)
    if not hasattr(type(spec), "populations") and "populations" not in getattr(spec, "__dict__", ()):
        raise InvalidTypeError(
            f"{type(spec).__name__} is no system; give a number of cells, {{population: count}}, "
            "a path or address, or an object with a system's interface"
        )
    return spec
