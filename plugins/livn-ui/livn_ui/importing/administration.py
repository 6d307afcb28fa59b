"""Folders and domains of an HSDS server: make, flush, move, delete."""

from __future__ import annotations

import posixpath
from typing import Any

from livn_h5pyd.config import HsdsConfig
from livn_h5pyd.failures import Target, translated
from livn_h5pyd.session import bounded_session

from livn_core.errors import BackendError

_MISSING = (404, 410)


class Administration:
    """What an importing user does with an HSDS server besides writing values.

    Parameters
    ----------
    config
        The server, with the login of a user who may import.
    """

    def __init__(self, config: HsdsConfig) -> None:
        self._config = config

    def _send(self, method: str, domain: str, allowed: tuple[int, ...], **request: Any) -> int:
        config = self._config
        parameters = {"domain": domain, **request.pop("params", {})}
        if config.bucket:
            parameters["bucket"] = config.bucket
        login = (config.username, config.password) if config.username and config.password else None
        with translated(Target(config, domain)), bounded_session(config.retries) as session:
            answer = session.request(
                method, f"{config.endpoint}/", params=parameters, auth=login, timeout=config.timeout, **request
            )
            if answer.status_code not in allowed:
                raise OSError(answer.status_code, answer.reason)
            return answer.status_code

    def exists(self, domain: str) -> bool:
        """Whether there is a domain or folder of that name."""
        return self._send("GET", domain, (200, *_MISSING)) == 200

    def make_folders(self, domain: str) -> None:
        """Make every folder above ``domain`` that is missing."""
        folder = posixpath.dirname(domain)
        if folder == "/" or self.exists(folder):
            return
        self.make_folders(folder)
        try:
            self._send("PUT", folder, (201, 409), json={"folder": True})
        except BackendError:
            if not self.exists(folder):  # HSDS fails with a 500 where another import makes it at the same moment
                raise

    def flush(self, domain: str) -> None:
        """Have everything written: until then HSDS keeps it in memory, and a stop would lose it."""
        self._send("PUT", domain, (200, 204), params={"flush": 1})

    def summarise(self, domain: str) -> None:
        """Have the server collect the domain's metadata, which then comes in one answer when it is opened.

        HSDS does this by itself some seconds later; where it cannot do it now, nothing is lost.
        """
        self._send("PUT", domain, (200, 204, 400, 503), params={"rescan": 1})

    def delete(self, domain: str, *, keep_content: bool = False) -> None:
        """Delete a domain; with ``keep_content`` only its name, for content that has another one."""
        body = {"json": {"keep_root": True}} if keep_content else {}
        self._send("DELETE", domain, (200, *_MISSING), **body)

    def move(self, source: str, target: str) -> None:
        """Give the content of ``source`` the name ``target``, whose own content goes.

        HSDS cannot swap names in one step, so for a moment ``target`` does not exist.
        """
        if self.exists(target):
            self.delete(target)
        try:
            self._send("PUT", target, (201,), json={"linked_domain": source})
        except BackendError as error:
            error.add_note(f"the imported content is complete under the name {source}")
            raise
        self.delete(source, keep_content=True)
