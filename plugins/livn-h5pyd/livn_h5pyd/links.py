"""Follow paths through links of every kind.

h5pyd follows a soft link only at the end of a path, resolves a relative one from the wrong group, and opens the target
of an external link without the time-outs that it was given.
"""

from __future__ import annotations

import posixpath
from contextlib import suppress
from functools import partial
from typing import Any

from h5pyd import ExternalLink, Group, SoftLink

from livn_core.errors import BackendError, FormatError
from livn_h5pyd.ahead import POPULATIONS, along_with
from livn_h5pyd.answers import read_all
from livn_h5pyd.failures import Target, translated
from livn_h5pyd.server import AT_A_TIME
from livn_h5pyd.sidebyside import Job, side_by_side

_MOST_LINKS = 32
_MOST_EARLY = 2**16
"""Bytes of values that are read before anybody asks: those of some 4000 populations."""


def absolute(above: str, path: str) -> str:
    """The absolute path of ``path``, seen from the group ``above``."""
    # normpath keeps two leading slashes, which POSIX gives a meaning of their own.
    return "/" + posixpath.normpath(posixpath.join(above, path)).lstrip("/.")


def _describe(database: Any, one: str) -> None:
    with database.plugin.http_conn.server.slots.taken():
        database.getObjectById(one)


def _read_early(plugin: Any, one: str) -> None:
    from livn_h5pyd.dataset import ask_for_values

    with plugin.http_conn.server.slots.taken():
        plugin.keep_early(one, read_all(ask_for_values(plugin.http_conn, one)._rsp, _MOST_EARLY))


def _try(job: Job) -> None:
    """Do something that may as well be left undone; what fails here fails again when it is needed."""
    with suppress(OSError, ValueError, BackendError):
        job()


class Walker:
    """Finds objects of one domain by their absolute path.

    Parameters
    ----------
    target
        Server and domain.
    root
        The domain's root group.
    """

    def __init__(self, target: Target, root: Group) -> None:
        self._target = target
        self._found: dict[str, Any] = {"/": root}
        self._others: dict[str, tuple[Any, Walker]] = {}

    def find(self, path: str, links: int = 0) -> Any:
        """h5pyd's object at a path; ``None`` where there is none, or only a link that leads nowhere."""
        if path not in self._found:
            found = self._step(path, links)
            if found is None:
                return None
            self._found[path] = found
        return self._found[path]

    def _step(self, path: str, links: int) -> Any:
        above, name = posixpath.split(path)
        group = self.find(above, links)
        if not isinstance(group, Group):
            return None
        link = group.get(name, getlink=True)
        if link is None:
            return None
        if links >= _MOST_LINKS:
            raise FormatError(str(self._target), path, f"more than {_MOST_LINKS} links in a row: a circle")
        if isinstance(link, SoftLink):
            return self.find(absolute(above, link.path), links + 1)
        if isinstance(link, ExternalLink):
            return self._other(link.filename).find(absolute("/", link.path), links + 1)
        self._ask_for(group, name, path)
        return group[name]

    def _ask_for(self, group: Group, name: str, path: str) -> None:
        """Ask for a dataset and those that will be needed along with it, where the server has sent nothing yet."""
        database = group.id.db
        one = database.plugin.links(group.id.id).get(name, {}).get("id", "")
        if not one.startswith("d-") or database.plugin.knows(one):
            return
        jobs = [partial(_describe, database, one)]
        jobs += [partial(_try, partial(_describe, database, other)) for other in along_with(database.plugin, path, one)]
        if path == POPULATIONS:
            jobs.append(partial(_try, partial(_read_early, database.plugin, one)))
        side_by_side(jobs, AT_A_TIME)

    def _other(self, filename: str) -> Walker:
        from livn_h5pyd.connection import open_database, root_group

        folder = posixpath.dirname(self._target.domain)
        domain = absolute(folder, filename.removeprefix("hdf5:/"))
        if domain not in self._others:
            target = Target(self._target.config, domain)
            with translated(target):
                database = open_database(target.config, domain)
                self._others[domain] = database, Walker(target, root_group(database))
        return self._others[domain][1]

    def close(self) -> None:
        """Close the domains that external links led to."""
        for database, walker in self._others.values():
            walker.close()
            database.close()
        self._others.clear()
        self._found.clear()
