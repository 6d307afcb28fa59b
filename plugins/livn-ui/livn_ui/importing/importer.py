"""Import one file: complete, written to disk and compared, or not at all."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import attrs
from livn_h5pyd.config import HsdsConfig
from livn_h5pyd.failures import Target

from livn_core.errors import (
    BackendConnectionError,
    BackendError,
    BackendPermissionError,
    ConfigError,
    InvalidArgumentError,
)
from livn_ui.importing import switching
from livn_ui.importing.administration import Administration
from livn_ui.importing.claim import Claim
from livn_ui.importing.loading import ImportOptions, Loading, Source
from livn_ui.importing.progress import SWITCHING, Step, Watch
from livn_ui.importing.source import Fingerprint, open_hdf5
from livn_ui.importing.survey import survey
from livn_ui.importing.verify import verify

IMPORTED, UNCHANGED, VERIFIED, REPAIRED = "imported", "unchanged", "verified", "repaired"
"""What can become of a file."""


@attrs.frozen
class Imported:
    """What became of one file."""

    source: Path
    domain: str
    outcome: str
    """``imported``; ``unchanged``: it was there already; ``verified``: it was, and every value was compared;
    ``repaired``: it was there and differed, so it was imported again."""
    datasets: int
    nbytes: int
    """Size of all values."""
    bytes_compared: int
    """Size of all values, each of which was read back and found equal; 0 if unchanged."""
    bytes_written: int
    """Size of the values that were sent: fewer than all where an interrupted import was continued."""
    seconds: float


def import_file(
    config: HsdsConfig,
    source: Path | str,
    domain: str,
    *,
    force: bool = False,
    verify: bool = False,
    private: bool = False,
    progress: Callable[[Step], None] | None = None,
) -> Imported:
    """Import one HDF5 file.

    It is written under a temporary name, flushed, read back and compared; only then does it take the place of what
    was there. So whatever goes wrong, a former import of that name is still what it was. A file whose content is
    there already is skipped. An import that was interrupted is continued.

    Parameters
    ----------
    config
        The server, with the login of a user who may import.
    source
        Path of the file.
    domain
        The new domain, such as ``/EI1/cells.h5``; folders above it are made.
    force
        Import a file whose content is there already, too.
    verify
        Compare such a file with what is there, value by value, and import it again if that differs.
    private
        Let nobody read it without a login. Otherwise a new domain can be read by whom the server lets read new ones,
        which with ours is everybody, and one that is replaced by whoever could read it before.
    progress
        Called with every step, from any thread, one at a time.

    Raises
    ------
    SourceNotFoundError, FormatError
        About the file; :class:`NotImportableError` where HSDS cannot store what it holds.
    SourceChangedError
        The file changed while it was imported.
    ImportVerificationError
        The server gives back something else.
    StorageError
        The server cannot write what it was given; its disk may be full.
    BackendConnectionError, BackendPermissionError, BackendError
        About the server.
    """
    options = ImportOptions(force, verify, private, progress=progress)
    return Import(config, Path(source), domain, options).run()


class Import:
    """One file on its way into a domain.

    Parameters
    ----------
    config
        The server, with the login of a user who may import.
    source, domain
        The file, and what it becomes.
    options
        How to import it.
    """

    def __init__(self, config: HsdsConfig, source: Path, domain: str, options: ImportOptions) -> None:
        self._config = config
        self._path = source
        self._domain = domain
        self._options = options
        self._watch = Watch(source, domain, options.progress, options.stop)
        self._written = 0
        self._wrong = False

    def run(self) -> Imported:
        """Import the file, if that is needed; raises as :func:`import_file` does."""
        began = time.monotonic()
        _check_domain(self._domain)
        with open_hdf5(self._path) as file, Administration(self._config) as administration:
            source = Source(self._path, file, survey(file), Fingerprint.of(self._path, self._watch))
            outcome = None
            while outcome is None:
                outcome = self._as_it_is(administration, source) or self._bring(administration, source)
        found = source.found
        compared = 0 if outcome == UNCHANGED else found.nbytes
        seconds = time.monotonic() - began
        return Imported(
            self._path, self._domain, outcome, found.datasets, found.nbytes, compared, self._written, seconds
        )

    def _as_it_is(self, administration: Administration, source: Source) -> str | None:
        """What to call the file if nothing is to be done."""
        left = any(administration.state(name(self._domain)) for name in (switching.importing, switching.former))
        if left or not self._is_current(administration, source):
            return None
        if self._options.verify and not self._is_right(source):
            self._wrong = True
            return None
        if self._options.private:
            administration.set_rights(self._domain, switching.closed(administration.rights(self._domain)))
        return VERIFIED if self._options.verify else UNCHANGED

    def _is_current(self, administration: Administration, source: Source) -> bool:
        if self._options.force or self._wrong:
            return False
        there = administration.find(self._domain)
        return there is not None and there.marker is not None and there.marker.is_of(source.fingerprint.sha256)

    def _is_right(self, source: Source) -> bool:
        try:
            verify(source.file, Target(self._config, self._domain), self._watch)
        except (BackendConnectionError, BackendPermissionError):
            raise
        except BackendError:
            return False
        return True

    def _bring(self, administration: Administration, source: Source) -> str | None:
        """Import the file; ``None``: look again, something that was left there has been cleared away."""
        administration.make_folders(self._domain)
        claim = Claim.take(self._config, switching.importing(self._domain), self._watch)
        try:
            if switching.settle(administration, claim, self._domain):
                return None
            loading = Loading(self._config, claim, source, self._watch, self._options)
            if self._is_current(administration, source) or not loading.can_begin(administration):
                loading.discard(administration)
                return None
            self._written = loading.run(administration, self._domain)
            self._watch.begin(SWITCHING)
            switching.switch(administration, claim, self._domain)
        finally:
            claim.release()
        return REPAIRED if self._wrong else IMPORTED


def _check_domain(domain: str) -> None:
    if not domain.startswith("/") or domain.endswith("/"):
        raise InvalidArgumentError(f"{domain!r} is no domain; one is named like /EI1/cells.h5")
    if domain.split("/")[1] == "db":
        raise ConfigError(f"{domain}: HSDS keeps content in /db, so no system can have that name; rename it")
