"""The contract with a backend: five pluggy hooks, one of them required.

One plugin is one backend. It is published under the entry-point group ``livn.backends``; the entry point's name
*is* the backend's name, and its value is a module, or an object, that has these hooks as attributes, each marked
with :data:`hookimpl`. The core asks one plugin at a time.

A hook may take fewer arguments than its specification, never more, and none that is keyword-only.

The law that every backend keeps: *the same source gives the same arrays* — values, dtypes and order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from livn_core.backends.availability import Availability
    from livn_core.h5file import H5File

PROJECT = "livn"
ENTRY_POINT_GROUP = "livn.backends"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec(firstresult=True)
def livn_backend_open(source: str, options: Mapping[str, object]) -> H5File:  # type: ignore[empty-body]
    """Open one HDF5 file for reading. Required.

    Parameters
    ----------
    source
        What the user named: a local path, or an address such as ``https://…`` or ``hdf5://…``.
    options
        The user's ``options=``, meant for this backend alone. The core adds nothing to them.

    Returns
    -------
    H5File
        Anything that fits :class:`livn_core.h5file.H5File`; with a ``read_many`` method
        (:class:`livn_core.h5file.SupportsReadMany`) it reads ranges in its own best way.

    Raises
    ------
    BackendDeclined
        This backend passes: the next one is asked.
    ConfigError
        A setting or an option is wrong, an unknown option included.
    FileNotFoundError
        There is nothing at ``source``.
    FormatError
        What lies there is not HDF5, or damaged.

    Examples
    --------
    A library's own file object seldom fits as it is: with h5py bools, byte order, closed files and damage have to be
    levelled, which the module ``livn_mine.file`` does here. CONTRIBUTING.md prints it.

    >>> from livn_core import ConfigError, hookimpl
    >>> @hookimpl
    ... def livn_backend_open(source, options):
    ...     if options:
    ...         raise ConfigError(f"the backend mine takes no options, but got {', '.join(options)}")
    ...     from livn_mine.file import open_file
    ...     return open_file(source)
    """


@hookspec(firstresult=True)
def livn_backend_available(source: str | None) -> Availability | None:
    """Say whether this backend can open a source, without opening it.

    Must be quick, import nothing heavy (use :func:`importlib.util.find_spec`) and never initialise MPI.

    Parameters
    ----------
    source
        As for :func:`livn_backend_open`; ``None`` asks whether the backend could open anything at all.

    Returns
    -------
    Availability or None
        ``None`` means yes, and so does leaving the hook out.

    Raises
    ------
    ConfigError
        A setting that concerns this backend is wrong. This stops the choice.

    Examples
    --------
    >>> from livn_core import Availability, hookimpl
    >>> @hookimpl
    ... def livn_backend_available(source):
    ...     if source is not None and "://" in source:
    ...         return Availability.no("reads local files only")
    """


@hookspec(firstresult=True)
def livn_backend_priority() -> int | None:
    """Rank this backend among the others; the highest that is available is taken.

    A constant: it may not depend on the environment. ``None``, and leaving the hook out, mean 0, which is below
    livn's own backends, so that installing a backend changes nothing until it is asked for by name.
    Equal priorities are ordered by name.

    Examples
    --------
    >>> from livn_core import hookimpl
    >>> @hookimpl
    ... def livn_backend_priority():
    ...     return 5
    """


@hookspec(firstresult=True)
def livn_backend_sidecar(source: str, name: str, options: Mapping[str, object]) -> bytes | None:
    """Read one JSON file that lies beside a system's HDF5 files.

    Parameters
    ----------
    source
        The *system* (a directory or its address), not one of its HDF5 files.
    name
        Path relative to the system, with forward slashes: ``"graph.json"``, ``"selection/e1.json"``.
    options
        As for :func:`livn_backend_open`.

    Returns
    -------
    bytes or None
        The file's content. ``None``: this backend keeps no sidecars of its own, and the local directory is read.

    Raises
    ------
    FileNotFoundError
        This backend keeps sidecars, and this one is not there.

    Examples
    --------
    >>> from livn_core import hookimpl
    >>> @hookimpl
    ... def livn_backend_sidecar(source, name):
    ...     return None
    """


@hookspec(firstresult=True)
def livn_backend_sidecars(source: str, options: Mapping[str, object]) -> Sequence[str] | None:
    """List the names of a system's sidecars, as :func:`livn_backend_sidecar` takes them.

    Parameters
    ----------
    source, options
        As for :func:`livn_backend_sidecar`.

    Returns
    -------
    sequence of str or None
        Names in any order, such as ``["graph.json", "selection/e1.json"]``. ``None``: as for
        :func:`livn_backend_sidecar`.

    Examples
    --------
    >>> from livn_core import hookimpl
    >>> @hookimpl
    ... def livn_backend_sidecars(source):
    ...     return None
    """
