"""One folder of HSDS per system: without it nothing can be imported below the system's name.

Made when the server starts, and for systems that appear later. They are the admin's.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import requests

from livn_core.errors import LivnError
from livn_ui.systems import find_systems

INTERVAL = 5.0
"""Seconds between two looks at the directory."""

_TIMEOUT = 10.0
_MADE, _THERE_ALREADY = 201, 409


class Folders:
    """Keeps HSDS's folders in step with a directory of systems.

    Parameters
    ----------
    root_dir
        The directory that holds the systems.
    endpoint, bucket, login
        HSDS, and its admin.
    report
        Called with a line about what cannot be done, once for each system.
    """

    def __init__(
        self, root_dir: Path, endpoint: str, bucket: str, login: tuple[str, str], report: Callable[[str], None]
    ) -> None:
        self._root_dir = root_dir
        self._endpoint, self._bucket, self._login = endpoint, bucket, login
        self._report = report
        self._done: set[str] = set()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="livn-folders", daemon=True)

    def start(self) -> None:
        """Make the folders of all systems that are there, and go on watching."""
        self.make()
        self._thread.start()

    def stop(self) -> None:
        """Watch no longer; does not wait for an answer that is outstanding."""
        self._stopped.set()

    def make(self) -> None:
        """Make the folders that are missing."""
        try:
            names = {system.name for system in find_systems(self._root_dir)}
        except (LivnError, OSError) as error:  # a disk that fails for a moment; the next look may find more
            names = set()
            self._tell_once(str(self._root_dir), str(error))
        with requests.Session() as session:
            session.trust_env = False  # a proxy has no business between us and this machine
            for name in sorted(names - self._done):
                self._make(session, name)

    def _make(self, session: requests.Session, name: str) -> None:
        domain = {"domain": f"/{name}", "bucket": self._bucket}
        try:
            answer = session.put(
                f"{self._endpoint}/", params=domain, json={"folder": True}, auth=self._login, timeout=_TIMEOUT
            )
        except requests.RequestException:
            return  # tried again at the next look; that the server has gone is noticed elsewhere
        if answer.status_code not in {_MADE, _THERE_ALREADY}:
            if answer.status_code >= 500:
                return
            self._report(f"system {name!r} cannot be imported: HSDS refuses the name (HTTP {answer.status_code})")
        self._done.add(name)

    def _tell_once(self, key: str, line: str) -> None:
        if key not in self._done:
            self._done.add(key)
            self._report(line)

    def _run(self) -> None:
        while not self._stopped.wait(INTERVAL):
            self.make()
