"""Open a NeuroH5 file: one process alone, or several ranks together."""

from __future__ import annotations

import os
from collections.abc import Mapping

from livn_core.backends import BackendNames, default_backends
from livn_core.neuroh5._file import NeuroH5File
from livn_core.parallel import Ranks, open_shared


def open_neuroh5(
    source: str | os.PathLike[str],
    *,
    backend: BackendNames | None = None,
    comm: object = None,
    fallback: bool = False,
    options: Mapping[str, object] | None = None,
) -> NeuroH5File:
    """Open one NeuroH5 file.

    Parameters
    ----------
    source
        A path, or an address that some backend understands.
    backend
        A backend's name, or names in the order in which to ask them. Left out: :func:`livn_core.use_backend`, then
        ``LIVN_H5_BACKEND``, then priority.
    comm
        An MPI communicator. Every rank of it makes the same calls and gets the same answers; each reads only a part
        of the file. What goes wrong on one rank is raised on all of them.
    fallback
        Where the chosen backend fails, warn and take the next one.
    options
        Options for the chosen backend.

    Returns
    -------
    NeuroH5File
        Use it in a ``with`` block, or close it. Nothing but the file's own metadata was read.

    Raises
    ------
    FileNotFoundError, NoBackendError, ConfigError, FormatError, BackendError
        See :meth:`livn_core.backends.Backends.open`.

    Examples
    --------
    >>> from livn_core import open_neuroh5, predefined
    >>> with open_neuroh5(predefined("EI1") + "/cells.h5") as file:
    ...     print(file.population_ranges)
    {'EXC': (0, 8), 'INH': (8, 2)}
    """
    ranks = Ranks.of(comm)
    place = os.fspath(source)
    if ranks is None:
        opened, selection = default_backends().open(place, backend, options, fallback)
        return NeuroH5File(opened, place, selection, comm)
    shared, selection = open_shared(ranks, place, backend, options or {}, fallback)
    return NeuroH5File(shared, place, selection, comm)
