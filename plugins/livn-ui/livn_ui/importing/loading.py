"""Bring a file under its temporary name: copied, written to disk, read back and compared."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import h5py
from h5json import Hdf5db  # type: ignore[import-untyped]
from livn_h5pyd.config import HsdsConfig
from livn_h5pyd.failures import Target, translated

from livn_core.errors import BackendConnectionError, BackendError, BackendPermissionError, FormatError, LivnError
from livn_ui.importing import switching
from livn_ui.importing.administration import Administration
from livn_ui.importing.claim import Claim, ClaimLostError
from livn_ui.importing.marker import Marker
from livn_ui.importing.progress import FLUSHING, Step, Watch
from livn_ui.importing.source import Fingerprint, SourceChangedError
from livn_ui.importing.survey import Survey
from livn_ui.importing.transfer import Piece, Transfer, open_for_writing, write_piece
from livn_ui.importing.verify import Comparison, ImportVerificationError, verify

_FLUSHES = 3
"""HSDS waits 10 s for its storage each time."""


_COLLECTED = 3.0
"""Seconds after which our servers have deleted the content of a name; others may take ten."""


class StorageError(BackendError):
    """The server cannot write what it was given."""


_NO_USE = (StorageError, ImportVerificationError, SourceChangedError, FormatError)
"""After these, what was loaded is not worth keeping; after any other error the next import continues with it."""


@attrs.frozen
class ImportOptions:
    """How to import; the same for all files of a run."""

    force: bool = False
    """Import what is unchanged, too."""
    verify: bool = False
    """Compare what is unchanged with the file, value by value, and import what differs."""
    private: bool = False
    """Let nobody read it without a login."""
    public: bool = False
    """Let everybody read it, whatever the server lets them do with a new domain. One that is replaced keeps its
    rights all the same, and ``private`` comes first."""
    progress: Callable[[Step], None] | None = None
    """Called with every step, from any thread, one at a time for each file."""
    stop: threading.Event = attrs.field(factory=threading.Event)
    """Set it to end the import; the next one goes on where it was."""
    trouble: Callable[[], str] = str
    """Asked why the server cannot write, where that can be known; an empty answer means that it is not."""


@attrs.frozen
class Source:
    """A file that is being imported."""

    path: Path
    file: h5py.File
    """The same, open."""
    found: Survey
    """What is in it."""
    fingerprint: Fingerprint

    def marker(self) -> Marker:
        """What its import leaves in the domain."""
        return Marker(self.fingerprint.sha256, self.fingerprint.size, self.path.name)

    def check(self) -> None:
        """Raise a ``SourceChangedError`` if the file has changed since it was looked at."""
        self.fingerprint.check(self.path)


class Loading:
    """One file on its way to a temporary name.

    Parameters
    ----------
    config
        The server.
    claim
        The temporary name.
    source
        The file.
    watch, options
        Who is told, and how to import.
    """

    def __init__(self, config: HsdsConfig, claim: Claim, source: Source, watch: Watch, options: ImportOptions) -> None:
        self._config = config
        self._claim = claim
        self._source = source
        self._watch = watch
        self._options = options
        self._target = Target(config, claim.name)
        self._written = 0

    def can_begin(self, administration: Administration) -> bool:
        """Whether the name is empty, or holds the beginning of an import of the same content."""
        if self._claim.fresh:
            return True
        there = administration.find(self._claim.name)
        if there is None or there.marker is None or not there.marker.is_of(self._source.fingerprint.sha256):
            return False
        try:
            with self._open() as database:
                Comparison(self._source.file, self._target, self._watch, database).structure()
        except (BackendConnectionError, BackendPermissionError):
            raise
        except BackendError:  # the server was stopped before it had written the structure
            return False
        return True

    def run(self, administration: Administration, domain: str) -> int:
        """Load the file, and compare.

        Parameters
        ----------
        administration
            The server.
        domain
            The name that the content is going to have.

        Returns
        -------
        int
            Size of the values that were sent.

        Raises
        ------
        LivnError
            As :func:`livn_ui.importing.import_file` does.
        """
        try:
            options = self._options
            rights = switching.rights_of(administration, domain, private=options.private, public=options.public)
            self._claim.check(lambda: administration.set_rights(self._claim.name, rights))
            if self._claim.fresh:
                self._anew(administration)
            else:
                self._continued(administration)
            self._source.check()
        except LivnError as error:
            self._failed(administration, error)
            raise
        return self._written

    def _anew(self, administration: Administration) -> None:
        with self._open() as database:
            transfer = Transfer(self._source.file, self._target, database, self._watch)
            transfer.structure()
            administration.mark(self._claim.name, self._claim.root, self._source.marker())
            transfer.values(self._source.found.nbytes)
        self._written = self._source.found.nbytes
        self._source.check()
        self._flush(administration)
        self._summarise(administration)
        verify(self._source.file, self._target, self._watch)

    def _continued(self, administration: Administration) -> None:
        anew: list[tuple[Piece, Any]] = []
        with self._open() as database:

            def repair(piece: Piece, new: Any) -> None:
                write_piece(database, self._target, piece, new)
                anew.append((piece, new))

            comparison = Comparison(self._source.file, self._target, self._watch, database)
            comparison.structure()
            comparison.values(repair)
            self._written = sum(piece.nbytes for piece, _ in anew)
            self._source.check()
            self._flush(administration)
            self._summarise(administration)
            comparison.pieces(anew)

    @contextlib.contextmanager
    def _open(self) -> Iterator[Hdf5db]:
        with translated(self._target):
            database = open_for_writing(self._config, self._claim.name)
        try:
            yield database
        finally:
            database.close()

    def _flush(self, administration: Administration) -> None:
        for _ in range(_FLUSHES):
            self._watch.begin(FLUSHING)
            if administration.flush(self._claim.name):
                return
            if self._options.trouble():
                break
        raise self._no_room()

    def _no_room(self) -> StorageError:
        reason = self._options.trouble() or "its disk may be full"
        return StorageError(
            f"{self._target}: the server cannot write what it was given: {reason}; make room where it keeps its data, "
            "and import again"
        )

    def _summarise(self, administration: Administration) -> None:
        """Have the metadata collected while the values are compared; nobody waits for it."""
        threading.Thread(target=administration.summarise, args=(self._claim.name,), daemon=True).start()

    def _failed(self, administration: Administration, error: LivnError) -> None:
        """Clear up after an error, and say more about it where more is known."""
        known = self._better_known(error)
        if isinstance(known, _NO_USE):
            with contextlib.suppress(LivnError):
                self.discard(administration, full=isinstance(known, StorageError))
        if known is not error:
            raise known from error

    def _better_known(self, error: LivnError) -> LivnError:
        try:
            if isinstance(error, FormatError | ImportVerificationError):
                self._source.check()
            elif isinstance(error, BackendError) and not isinstance(error, StorageError):
                if self._options.trouble():
                    return self._no_room()
                self._claim.check()
        except (SourceChangedError, ClaimLostError) as reason:
            return reason
        except LivnError:
            pass
        return error

    def discard(self, administration: Administration, *, full: bool = False) -> None:
        """Delete the temporary name with its content.

        Parameters
        ----------
        administration
            The server.
        full
            Whether its storage is known to be full.

        Raises
        ------
        BackendError
            The server does not let us.
        """
        self._claim.rest()
        name, root = self._claim.name, self._claim.root
        written = not full and administration.flush(name)
        administration.delete(name)
        if not written:
            # HSDS deletes what is on disk, but goes on trying to write what it has in memory. With the same root once
            # more that can be waited for, and deleted with the rest; if not now, then by the next import.
            self._watch.pause(_COLLECTED)
            administration.create(name, root)
            if not administration.flush(name):
                return
            administration.delete(name)
        self._claim.over = True
