"""The JSON files beside a system's HDF5 files, read through the system's backend.

A backend that keeps sidecars of its own (a server) is asked first and has the last word. Only one that keeps none
leaves them to the local directory.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TypeVar

from livn_core.errors import FormatError, InvalidArgumentError, SourceNotFoundError
from livn_core.locations import check_inside, is_address, join, shown

if TYPE_CHECKING:
    from livn_core.backends import Selection
    from livn_core.parallel import Ranks

T = TypeVar("T")


class Reached(Protocol):
    """Through what sidecars are read."""

    @property
    def selection(self) -> Selection:
        """The backend of the HDF5 files."""
        ...

    @property
    def options(self) -> Mapping[str, object]:
        """The options of that backend."""
        ...

    @property
    def ranks(self) -> Ranks | None:
        """The ranks that read together; ``None`` where one reads alone."""
        ...


class Sidecars:
    """The sidecars of one system.

    Parameters
    ----------
    uri
        The system's directory or address.
    files
        The system's HDF5 files, which decide through which backend it is read.
    """

    def __init__(self, uri: str, files: Reached) -> None:
        self.uri = uri
        self._files = files

    def place(self, name: str) -> str:
        """Where a sidecar lies, as error messages show it."""
        return shown(join(self.uri, name))

    def read(self, name: str) -> bytes:
        """Read one sidecar.

        Raises
        ------
        InvalidArgumentError
            The name leads out of the system.
        SourceNotFoundError
            There is no such sidecar.
        """
        name = check_inside(name)
        return self._on_first(lambda: self._read(name))

    def _on_first(self, work: Callable[[], T]) -> T:
        """Let one rank do it for all."""
        ranks = self._files.ranks
        return work() if ranks is None else ranks.from_first(work)

    def _read(self, name: str) -> bytes:
        try:
            content = self._files.selection.backend.sidecar(self.uri, name, self._files.options)
        except FileNotFoundError as error:
            self._missing(name, error)
        return self._read_local(name) if content is None else content

    def names(self) -> list[str]:
        """The names of all sidecars, sorted: ``["graph.json", "selection/e1.json"]``."""
        return self._on_first(self._names)

    def _names(self) -> list[str]:
        listed = self._files.selection.backend.sidecars(self.uri, self._files.options)
        if listed is not None:
            return sorted(listed)
        if is_address(self.uri):
            return []
        root = Path(self.uri)
        found = (one.relative_to(root) for one in root.rglob("*.json"))
        return sorted(name.as_posix() for name in found if not any(part.startswith(".") for part in name.parts))

    def json(self, name: str) -> Any:
        """Read one sidecar and parse it.

        Raises
        ------
        FormatError
            It is not JSON; the message has the line and the column.
        SourceNotFoundError
            There is no such sidecar.
        """
        return parse_json(self.read(name), self.place(name))

    def _read_local(self, name: str) -> bytes:
        if is_address(self.uri):
            self._missing(name, None, "; its backend serves no files beside the HDF5 ones")
        try:
            path = Path(join(self.uri, name))
            if path.exists() and not path.is_file():
                raise InvalidArgumentError(f"{path}: is no regular file")
            return path.read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            self._missing(name, error)

    def _missing(self, name: str, error: BaseException | None, why: str = "") -> NoReturn:
        raise SourceNotFoundError(
            f"{self.place(name)}: the system {shown(self.uri)!r} has no file {name!r}{why}"
        ) from error


def parse_json(content: bytes, place: str) -> Any:
    """Parse JSON, or say where it is broken.

    Raises
    ------
    FormatError
        ``content`` is not UTF-8, or not JSON.
    """
    try:
        return json.loads(content.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        problem = f"line {error.lineno}, column {error.colno}: {error.msg}; this is not valid JSON"
    except UnicodeDecodeError as error:
        problem = f"byte {error.start}: {error.reason}; JSON has to be UTF-8"
    except RecursionError:
        problem = "is nested too deeply"
    except ValueError as error:
        problem = str(error)
    raise FormatError(place, "/", problem)


def decode(content: bytes, name: str, place: str) -> Any:
    """Turn a file's bytes into a value, by the ending of its name; nothing is ever unpickled.

    Returns
    -------
    object
        ``.json``: the parsed document; ``.npy``: an ndarray; anything else: str.

    Raises
    ------
    FormatError
        The content is not what the name's ending says.
    InvalidArgumentError
        The name is that of a pickle, which could execute code.
    """
    suffix = name.rpartition(".")[2].lower()
    if suffix in {"p", "pkl", "pickle"}:
        raise InvalidArgumentError(f"{place}: pickles are not loaded, since they can execute code; use JSON or .npy")
    if suffix == "json":
        return parse_json(content, place)
    if suffix == "npy":
        return _parse_npy(content, place)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError(place, "/", f"byte {error.start}: {error.reason}; a text file has to be UTF-8") from error


def _parse_npy(content: bytes, place: str) -> Any:
    import io
    import zipfile

    import numpy as np

    try:
        return np.load(io.BytesIO(content), allow_pickle=False)
    except (ValueError, EOFError, SyntaxError, OSError, MemoryError, zipfile.BadZipFile) as error:
        raise FormatError(place, "/", f"is no .npy file that can be read without unpickling: {error}") from error
