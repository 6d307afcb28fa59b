"""Finding systems by name, here or else in the original's public data set."""

from __future__ import annotations

import os
from typing import Any

from livn_core.backends import BackendNames, server_in_play
from livn_core.errors import BackendConnectionError, InvalidArgumentError, MissingPackageError, SystemNotFoundError
from livn_core.locations import join
from livn_core.parallel import Ranks
from livn_core.system._fetch import fetch
from livn_core.system._places import PREDEFINED, SEARCH_VARIABLE, find
from livn_core.system._progress import progress_bar

SOURCE = "hf://datasets/livn-org/livn/systems/graphs"
"""The original's public data set."""

SOURCE_VARIABLE = "LIVN_SYSTEMS_SOURCE"
"""Environment variable: a mirror of it, at any address that :func:`livn_core.fetch` takes."""


def predefined(
    name: str = "EI",
    download_directory: str | os.PathLike[str] = ".",
    force: bool = False,
    *,
    backend: BackendNames | None = None,
    comm: Any = None,
) -> str:
    """Find a system by its name; one of the original's public systems that is not here is downloaded.

    Looks in ``systems/graphs/`` below ``download_directory``, in the directories of ``LIVN_SYSTEMS``, in the user's
    cache, and among the systems that come with this package. A public system that is in none of these is copied by
    :func:`livn_core.fetch` to ``download_directory/systems/graphs/``, with a progress bar on a terminal.

    Parameters
    ----------
    name
        Such as ``"EI1"``. Those of :data:`PREDEFINED` can be downloaded; any other name is that of a directory.
    download_directory
        Where ``systems/graphs/`` is, by default the working directory.
    force
        Download it in any case, and replace the copy when the new one is complete.
    backend
        The ``backend=`` with which the system will be opened: where it names others than the server's, the system is
        looked for on this machine, whatever ``LIVN_HSDS`` says.
    comm
        A communicator: rank 0 looks and downloads, and tells the others what it found.

    Returns
    -------
    str
        The system's directory. With ``LIVN_HSDS`` set, the path that stands for it on the server: then no local file
        is needed, and nothing is looked for or downloaded.

    Raises
    ------
    SystemNotFoundError
        It is nowhere; the message lists the places, and says how to get it.
    BackendConnectionError
        It is not here, and could not be downloaded, or not completely; the message says what else can be done.
    MissingPackageError
        It is not here, and what downloads it is not installed.
    InvalidArgumentError
        The name is a path, or with ``force`` that of no public system.
    """
    ranks = Ranks.of(comm)
    if ranks is None:
        return _find_or_download(name, download_directory, force, backend)
    return ranks.from_first(lambda: _find_or_download(name, download_directory, force, backend))


def address_of(name: str) -> str:
    """Where a public system is downloaded from."""
    return join(os.environ.get(SOURCE_VARIABLE) or SOURCE, name)


def _find_or_download(name: str, directory: str | os.PathLike[str], force: bool, backend: BackendNames | None) -> str:
    if force and name not in PREDEFINED:
        public = ", ".join(PREDEFINED)
        raise InvalidArgumentError(f"{name!r} cannot be downloaded; the public systems are {public}")
    try:
        found = find(name, directory, backend)
    except SystemNotFoundError as error:
        if name not in PREDEFINED:
            raise
        return _download(name, directory, force, f"{error}\nNor could it be downloaded: ")
    if force and not server_in_play(backend):
        return _download(name, directory, force, "")
    return found


def _download(name: str, directory: str | os.PathLike[str], force: bool, before: str) -> str:
    try:
        with progress_bar(name) as progress:
            return fetch(address_of(name), directory, name, force, progress=progress)
    except (SystemNotFoundError, BackendConnectionError, MissingPackageError) as error:
        raise type(error)(f"{before}{error}\n{_ways_out(name)}") from error


def _ways_out(name: str) -> str:
    from livn_core.generating import folder

    ways = [
        f"livn systems fetch ADDRESS --name {name}: copy it from another place, or a directory",
        f"{SOURCE_VARIABLE}: the address of a mirror of {SOURCE}",
        f"{SEARCH_VARIABLE}: directories that hold systems",
        "LIVN_HSDS: a server that has it",
    ]
    if (folder() / f"{name}.yml").is_file():
        ways.insert(0, f"livn systems generate {name}: make one like it")
    return "\n  ".join(["What else there is:", *ways])
