"""Which directories below the served one are systems, and which of their files may be seen.

Everything that lists, serves or imports asks here, so that all see the same systems. A link is followed where it stays
inside the served directory; nothing hidden is seen, wherever it lies.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs

from livn_core.errors import ConfigError, SystemNotFoundError

H5, JSON = ".h5", ".json"
_MARK = "graph.json"
_MAX_DEPTH = 8
_MAX_NAME = 255


def is_visible(name: str) -> bool:
    """Whether a file or directory of this name can be seen: not hidden, and one part of a path on any machine."""
    printable = bool(name) and name.isprintable() and len(name.encode("utf-8", "surrogatepass")) <= _MAX_NAME
    return printable and not name.startswith(".") and not any(character in name for character in "/\\:")


@attrs.frozen
class ServedSystem:
    """A system below the served directory. Its files are looked up anew whenever they are asked for."""

    name: str
    """The name of its directory."""
    path: Path
    """The directory; where it is a link, the link."""

    @property
    def h5_files(self) -> tuple[str, ...]:
        """Names of the ``.h5`` files that lie directly in it, sorted."""
        return tuple(name for name in self._direct(H5) if self._is_inside(name))

    @property
    def sidecars(self) -> tuple[str, ...]:
        """Relative names of its JSON files, with forward slashes, sorted: ``("graph.json", "selection/e1.json")``."""
        found = _walk(self.path, self.path, 0)
        return tuple(sorted(name for name in found if name.endswith(JSON) and self._is_inside(name)))

    @property
    def refused(self) -> tuple[str, ...]:
        """Names of ``.h5`` files that are links to somewhere outside of the served directory, sorted."""
        return tuple(name for name in self._direct(H5) if not self._is_inside(name))

    @property
    def is_valid(self) -> bool:
        """Whether this is a system: visible, inside the served directory, with an ``.h5`` file or a graph.json."""
        if not is_visible(self.name) or resolve_inside(self.path.parent, self.path) is None:
            return False
        return any(name == _MARK or name.endswith(H5) for name in _files(self.path))

    def _direct(self, ending: str) -> list[str]:
        return sorted(name for name in _files(self.path) if name.endswith(ending))

    def _is_inside(self, name: str) -> bool:
        found = resolve_inside(self.path.parent, self.path / name)
        return found is not None and found.suffix == Path(name).suffix


def find_systems(root_dir: Path) -> tuple[ServedSystem, ...]:
    """All systems directly below a directory, by name.

    Raises
    ------
    ConfigError
        The directory is not there, or cannot be read.
    OSError
        A system cannot be looked into for other reasons than its permissions, such as too many open files.
    """
    try:
        names = sorted(entry.name for entry in os.scandir(root_dir) if _is_directory(entry))
    except OSError as error:
        raise ConfigError(
            f"root_dir: {root_dir} cannot be read: {error.strerror}; name a directory of systems"
        ) from error
    found = (ServedSystem(name, Path(root_dir) / name) for name in names)
    return tuple(system for system in found if system.is_valid)


def find_system(root_dir: Path, name: str) -> ServedSystem:
    """One system, by the name of its directory.

    Raises
    ------
    SystemNotFoundError
        There is no system of that name.
    OSError
        As for :func:`find_systems`.
    """
    if is_visible(name):
        system = ServedSystem(name, Path(root_dir) / name)
        if system.is_valid:
            return system
    raise SystemNotFoundError(f"there is no system {name!r}; a system is a directory with .h5 files or a {_MARK}")


def resolve_inside(root_dir: Path, path: Path) -> Path | None:
    """Follow all links of a path.

    Returns
    -------
    Path or None
        Where it really lies. ``None``: nowhere, or outside of ``root_dir``, or in something hidden.
    """
    try:
        root, found = Path(root_dir).resolve(strict=True), path.resolve(strict=True)
    except (OSError, RuntimeError, ValueError):  # RuntimeError: links in a circle, before Python 3.13
        return None
    if not found.is_relative_to(root) or not all(is_visible(part) for part in found.relative_to(root).parts):
        return None
    return found


def _files(directory: Path) -> Iterator[str]:
    """Visible files, and links to files, that lie directly in a directory."""
    for entry in _scan(directory):
        if _has_kind(entry, stat.S_ISREG):
            yield entry.name


def _walk(top: Path, directory: Path, depth: int) -> Iterator[str]:
    """The same at any depth, as relative names. Linked directories are left out: they may lead in circles."""
    for entry in _scan(directory):
        if entry.is_dir(follow_symlinks=False):
            if depth < _MAX_DEPTH:
                yield from _walk(top, Path(entry.path), depth + 1)
        elif _has_kind(entry, stat.S_ISREG):
            yield Path(entry.path).relative_to(top).as_posix()


def _scan(directory: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as entries:
            return [entry for entry in entries if is_visible(entry.name)]
    except (FileNotFoundError, NotADirectoryError, PermissionError):  # gone, or not for us
        return []


def _is_directory(entry: os.DirEntry[str]) -> bool:
    return is_visible(entry.name) and _has_kind(entry, stat.S_ISDIR)


def _has_kind(entry: os.DirEntry[str], is_kind: Callable[[int], bool]) -> bool:
    try:
        return is_kind(entry.stat().st_mode)
    except OSError:
        return False
