"""Follow paths through links of every kind.

h5pyd follows a soft link only at the end of a path, resolves a relative one from the wrong group, and opens the target
of an external link without the time-outs that it was given.
"""

from __future__ import annotations

import posixpath
from typing import Any

from h5pyd import ExternalLink, Group, SoftLink
from livn_core.errors import FormatError

from livn_h5pyd.failures import Target

_MOST_LINKS = 32


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
            raise FormatError(str(self._target), path, f"more than {_MOST_LINKS} links in a row, so they go in a circle")
        if isinstance(link, SoftLink):
            return self.find(posixpath.normpath(posixpath.join(above, link.path)), links + 1)
        if isinstance(link, ExternalLink):
            return self._other(link.filename).find(posixpath.normpath(f"/{link.path}"), links + 1)
        return group[name]

    def _other(self, filename: str) -> Walker:
        from livn_h5pyd.connection import open_database, root_group

        folder = posixpath.dirname(self._target.domain)
        domain = posixpath.normpath(posixpath.join(folder, filename.removeprefix("hdf5:/")))
        if domain not in self._others:
            database = open_database(self._target.config, domain)
            walker = Walker(Target(self._target.config, domain), root_group(database))
            self._others[domain] = database, walker
        return self._others[domain][1]

    def close(self) -> None:
        """Close the domains that external links led to."""
        for database, walker in self._others.values():
            walker.close()
            database.close()
        self._others.clear()
        self._found.clear()
