"""SHA-256 of files, remembered for as long as a file does not change; large ones are worked out in the background."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable

from livn_ui.companion.opening import FileChangedError, NotServedError, OpenFile, Signature

_CHUNK = 1 << 20
_REMEMBERED = 1 << 14
_WAITING = 1 << 12

Opener = Callable[[], OpenFile]


class Hashes:
    """Hashes of files that are served. Safe to use from several threads."""

    def __init__(self) -> None:
        self._known: OrderedDict[Signature, str] = OrderedDict()
        self._waiting: dict[Signature, Opener] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()

    def get(self, file: OpenFile, again: Opener, *, now: bool) -> str | None:
        """The hash of a file.

        Parameters
        ----------
        file
            The open file.
        again
            Opens it once more.
        now
            Whether to work it out if it is not known. Otherwise that happens in the background.

        Returns
        -------
        str or None
            Lower-case hexadecimal digits. ``None``: not known yet.
        """
        with self._lock:
            if file.signature in self._known:
                self._known.move_to_end(file.signature)
                return self._known[file.signature]
        if now:
            return self._compute(file)
        self._later(file.signature, again)
        return None

    def close(self) -> None:
        """End what is going on in the background."""
        self._closed.set()
        with self._lock:
            self._waiting.clear()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _compute(self, file: OpenFile) -> str | None:
        digest = hashlib.sha256()
        try:
            for start in range(0, file.size, _CHUNK):
                if self._closed.is_set():
                    return None
                digest.update(file.read(start, min(_CHUNK, file.size - start)))
        except (FileChangedError, OSError):
            return None
        found = digest.hexdigest()
        if not file.is_fresh:
            with self._lock:
                self._known[file.signature] = found
                if len(self._known) > _REMEMBERED:
                    self._known.popitem(last=False)
        return found

    def _later(self, signature: Signature, again: Opener) -> None:
        with self._lock:
            if self._closed.is_set() or signature in self._waiting or len(self._waiting) >= _WAITING:
                return
            self._waiting[signature] = again
            if self._thread is None:
                # A daemon: whoever forgets to stop the server does not wait for the hash of a large file.
                self._thread = threading.Thread(target=self._work, name="livn-companion-hashes", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return
                signature, again = next(iter(self._waiting.items()))
            self._compute_again(again)
            with self._lock:
                self._waiting.pop(signature, None)

    def _compute_again(self, again: Opener) -> None:
        try:
            file = again()
        except NotServedError:  # it has gone
            return
        try:
            self._compute(file)
        finally:
            file.close()
