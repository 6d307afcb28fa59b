"""How many threads a backend may use by itself: all processors, shared with the other MPI ranks on this machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from livn_core.errors import ConfigError

Result = TypeVar("Result")

ENV_VAR = "LIVN_THREADS"

_LOCAL_RANKS = (
    "MPI_LOCALNRANKS",  # MPICH, Intel MPI
    "OMPI_COMM_WORLD_LOCAL_SIZE",  # Open MPI
    "MV2_COMM_WORLD_LOCAL_SIZE",  # MVAPICH
    "SLURM_NTASKS_PER_NODE",  # srun, where it was asked for so
)
"""In which launchers say how many ranks they started on this machine; asking MPI itself would initialise it."""


def default_threads() -> int:
    """The number of threads where the user names none for a backend.

    ``LIVN_THREADS``, else one for each processor that this process may use, and no more than this machine has for each
    of the ranks that a launcher started on it.

    Raises
    ------
    ConfigError
        ``LIVN_THREADS`` is no positive whole number.
    """
    wished = os.environ.get(ENV_VAR, "").strip()
    if wished:
        return _count(wished)
    # A rank may use fewer processors than there are without being bound to its own, where the system keeps some back.
    return min(_usable_processors(), max(1, (os.cpu_count() or 1) // _local_ranks()))


def _count(wished: str) -> int:
    if not wished.isascii() or not wished.isdigit() or int(wished) < 1:
        raise ConfigError(f"{ENV_VAR} must be a positive whole number, not {wished!r}")
    return int(wished)


def _usable_processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except (AttributeError, OSError):
        return os.cpu_count() or 1


def _local_ranks() -> int:
    for name in _LOCAL_RANKS:
        found = os.environ.get(name, "")
        if found.isascii() and found.isdigit() and int(found) > 0:
            return int(found)
    return 1


@contextmanager
def background(work: Callable[[], Result]) -> Iterator[Callable[[], Result]]:
    """Do work beside the ``with`` block, where there are threads and more than one may be used.

    Yields
    ------
    function
        Waits for the work and returns what came of it, or raises what it raised.
    """
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        try:
            beside = pool.submit(work) if default_threads() > 1 else None
        except RuntimeError:
            beside = None  # no threads here (Pyodide), or none left
        yield work if beside is None else beside.result
