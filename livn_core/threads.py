"""How many threads a backend may use by itself: all processors, shared with the other MPI ranks on this machine."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from livn_core.errors import ConfigError

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

Item = TypeVar("Item")

ENV_VAR = "LIVN_THREADS"
MOST_THREADS = 1024
"""No machine gains from more, and a number above it is a slip."""

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
        ``LIVN_THREADS`` is no whole number from 1 to :data:`MOST_THREADS`.
    """
    wished = os.environ.get(ENV_VAR, "").strip()
    if wished:
        return _count(wished)
    # A rank may use fewer processors than there are without being bound to its own, where the system keeps some back.
    return min(_usable_processors(), max(1, (os.cpu_count() or 1) // _local_ranks()))


def _count(wished: str) -> int:
    # No more digits than these: Python refuses to make a number of thousands.
    if not re.fullmatch("0*[1-9][0-9]{0,3}", wished) or int(wished) > MOST_THREADS:
        raise ConfigError(f"{ENV_VAR} must be a whole number from 1 to {MOST_THREADS}, or unset, not {wished!r}")
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


def ahead(items: Iterable[Item]) -> Iterator[Item]:
    """The same items, the next one always made while the last is being used, where more than one thread may be used.

    The first is begun at once, and no more than one waits.
    """
    from concurrent.futures import ThreadPoolExecutor

    if default_threads() == 1:
        return iter(items)
    pool = ThreadPoolExecutor(1)
    source = iter(items)
    try:
        first = pool.submit(_next_of, source)
    except RuntimeError:  # no threads here (Pyodide), or none left
        return source
    return _made_ahead(pool, source, first)


def _made_ahead(pool: Executor, source: Iterator[Item], making: Future[list[Item]]) -> Iterator[Item]:
    with pool:
        while made := making.result():
            making = pool.submit(_next_of, source)
            yield from made


def _next_of(source: Iterator[Item]) -> list[Item]:
    return list(islice(source, 1))
