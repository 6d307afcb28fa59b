"""Folders and domains of an HSDS server: look up, make, link, flush, delete.

HSDS keeps names and content apart. A name (domain) holds the id of a root group and who may do what; all content of a
root group lies under its id. Two names can have one root. Deleting a name deletes the content of its root, even where
another name leads there, unless it is asked to keep it.
"""

from __future__ import annotations

import contextlib
import posixpath
from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import quote

import attrs
import requests
from livn_h5pyd.config import HsdsConfig
from livn_h5pyd.failures import Target, translated
from livn_h5pyd.session import bounded_session

from livn_core.errors import BackendError, ConfigError, SourceNotFoundError
from livn_ui.importing.marker import Marker
from livn_ui.importing.survey import MARK

_MISSING = (404, 410)
_MADE = (200, 201, 204)
_SHORTEST = 3
_NOT_LONG = 2.0
RIGHTS = ("create", "read", "update", "delete", "readACL", "updateACL")
Rights = Mapping[str, Mapping[str, bool]]


_TIMEOUT = 15.0


def patient(config: HsdsConfig) -> HsdsConfig:
    """The same server, with patience: HSDS waits up to 10 s for its storage, and answers 503 until it has room."""
    return attrs.evolve(config, timeout=max(config.timeout, _TIMEOUT), retries=max(config.retries, 1))


@attrs.frozen
class Entry:
    """One domain."""

    root: str
    """Id of its content."""
    marker: Marker | None
    """What an import left there."""


def _acl(user: str) -> str:
    return f"/acls/{quote(user, safe='')}"


class Administration:
    """What an importing user does with an HSDS server besides writing values. Not for two threads at once.

    Parameters
    ----------
    config
        The server, with the login of a user who may import.
    """

    def __init__(self, config: HsdsConfig) -> None:
        self._config = patient(config)
        self._session = bounded_session(self._config.retries)
        self._login = (config.username, config.password) if config.username and config.password else None

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(
        self, method: str, domain: str, allowed: tuple[int, ...], path: str = "/", **request: Any
    ) -> requests.Response:
        config = self._config
        parameters = {"domain": domain, **request.pop("params", {})}
        if config.bucket:
            parameters["bucket"] = config.bucket
        address = f"{config.endpoint}{path}"
        with translated(Target(config, domain)):
            answer = self._session.request(
                method, address, params=parameters, auth=self._login, timeout=config.timeout, **request
            )
            if answer.status_code not in allowed:
                raise OSError(answer.status_code, answer.reason)
            return answer

    # ---- names

    def find(self, domain: str) -> Entry | None:
        """What is under a name, in one request; ``None`` where there is nothing.

        Raises
        ------
        ConfigError
            It is a folder.
        """
        answer = self._send("GET", domain, (200, 500, *_MISSING), params={"h5path": "/", "include_attrs": 1})
        if answer.status_code == 500 and self.state(domain) is not None:  # which says so where it is a folder
            answer = self._send("GET", domain, (200, *_MISSING), params={"h5path": "/", "include_attrs": 1})
        if answer.status_code != 200:
            return None
        with translated(Target(self._config, domain)):
            found = answer.json()
            return Entry(found["id"], Marker.from_attributes(found.get("attributes", {})))

    def state(self, domain: str) -> tuple[str, float] | None:
        """Root id and time of the last change of a name; ``None`` where there is none."""
        answer = self._send("GET", domain, (200, *_MISSING))
        if answer.status_code != 200:
            return None
        with translated(Target(self._config, domain)):
            found = answer.json()
            if "root" not in found:
                raise ConfigError(
                    f"{Target(self._config, domain)}: there is a folder of that name; delete or rename it"
                )
            return str(found["root"]), float(found["lastModified"])

    def create(self, domain: str, root: str) -> bool:
        """Make a new, empty domain with this root id; false where the name is taken."""
        return self._send("PUT", domain, (201, 409), json={"root_id": root}).status_code == 201

    def link(self, source: str, target: str) -> None:
        """Give the content of ``source`` a second name, which must be free."""
        self._send("PUT", target, (201,), json={"linked_domain": source})

    def drop_name(self, domain: str) -> None:
        """Delete a name, and keep the content, which has another one."""
        self._send("DELETE", domain, (200, *_MISSING), json={"keep_root": True})

    def delete(self, domain: str) -> None:
        """Delete a domain with its content."""
        self._send("DELETE", domain, (200, *_MISSING))

    def make_folders(self, domain: str) -> None:
        """Make every folder above ``domain`` that is missing."""
        folder = posixpath.dirname(domain)
        if folder == "/":
            return
        if self._send("GET", self._folder(folder), (200, *_MISSING)).status_code == 200:
            return
        self.make_folders(folder)
        try:
            self._send("PUT", self._folder(folder), (201, 409), json={"folder": True})
        except BackendError:
            # HSDS fails with a 500 where another import makes it at the same moment.
            if self._send("GET", self._folder(folder), (200, *_MISSING)).status_code != 200:
                raise

    def _folder(self, folder: str) -> str:
        """HSDS takes no name of two characters, such as ``/a``, unless it stands behind the bucket's."""
        return f"{self._config.bucket}{folder}" if len(folder) < _SHORTEST and self._config.bucket else folder

    # ---- rights

    def rights(self, domain: str) -> dict[str, dict[str, bool]]:
        """Who may do what, by user; ``default`` is everybody."""
        with translated(Target(self._config, domain)):
            entries = self._send("GET", domain, (200,), "/acls").json()["acls"]
            # An entry that was ever changed also has a key "domain", which HSDS refuses to be given.
            return {entry["userName"]: {name: bool(entry.get(name)) for name in RIGHTS} for entry in entries}

    def set_rights(self, domain: str, wanted: Rights) -> None:
        """Give each user these rights; other users keep theirs."""
        now = self.rights(domain)
        for user, rights in wanted.items():
            if now.get(user) != rights and (user in now or any(rights.values())):
                self._send("PUT", domain, _MADE, _acl(user), json=dict(rights))

    def touch(self, domain: str) -> float:
        """Change nothing of a name but the time of its last change, and return that."""
        self._send("PUT", domain, _MADE, _acl(self._config.username or "default"), json={})
        found = self.state(domain)
        if found is None:
            raise SourceNotFoundError(f"{Target(self._config, domain)}: it has gone")
        return found[1]

    # ---- content

    def mark(self, domain: str, root: str, marker: Marker) -> None:
        """Leave the marker."""
        path = f"/groups/{root}/attributes/{MARK}"
        self._send("PUT", domain, _MADE, path, params={"replace": 1}, json=marker.to_attribute())

    def flush(self, domain: str) -> bool:
        """Have everything written: until then HSDS keeps it in memory, and a stop would lose it.

        Returns
        -------
        bool
            Whether all of it is; HSDS gives up after 10 s, because there is much to write, or no room.
        """
        return self._send("PUT", domain, (200, 204, 500, 503), params={"flush": 1}).status_code < 400

    def summarise(self, domain: str) -> None:
        """Have the server collect the domain's metadata, which then comes in one answer when it is opened.

        HSDS does this by itself some seconds later; where it cannot do it now, or not at once, nothing is lost.
        """
        config = self._config
        parameters = {"domain": domain, "rescan": "1", "bucket": config.bucket}
        with bounded_session(0) as session, contextlib.suppress(requests.RequestException):
            session.put(f"{config.endpoint}/", params=parameters, auth=self._login, timeout=_NOT_LONG)
