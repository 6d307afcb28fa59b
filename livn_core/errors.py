"""Every error and warning that livn-core raises on purpose.

One small tree under :class:`LivnError`.
Each class is also the builtin that a user would catch without knowing this package: a missing file is a
``FileNotFoundError``, an unknown population a ``KeyError``, a refused password a ``PermissionError``.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from livn_core._showing import shown


class LivnError(Exception):
    """Base of everything that livn-core and its backends raise on purpose."""


class ConfigError(LivnError, ValueError):
    """A setting is wrong: an environment variable, an option, a configuration file.

    Raised by a backend's probe or opener, it stops the choice of a backend: a broken setting is never
    passed over in favour of other data.
    """


class InvalidArgumentError(LivnError, ValueError):
    """An argument has a value that makes no sense here."""


class InvalidTypeError(LivnError, TypeError):
    """An argument has a type that makes no sense here, such as a bool where a count belongs."""


class UnknownNameError(LivnError, KeyError):
    """A population, projection, namespace, attribute or gid that the data do not hold."""

    def __str__(self) -> str:
        # KeyError shows the repr of its argument, which would put quotes and escapes around a sentence.
        return str(self.args[0]) if self.args else ""


class FormatError(LivnError, ValueError):
    """The bytes are there, but they are not valid HDF5, or not valid NeuroH5.

    Parameters
    ----------
    file
        The path or address of the file; of an address, user names, passwords and query strings are left out.
    node
        The path inside the file, such as ``/Projections/INH/EXC/Edges``; ``/`` where the whole file is meant.
    problem
        What is wrong, and what to do where something can be done.
    """

    def __init__(self, file: str, node: str, problem: str) -> None:
        self.file = shown(file)
        self.node = node if node.startswith("/") else f"/{node}"
        self.problem = problem
        super().__init__(f"{self.file}: {self.node}: {problem}")

    def __reduce__(self) -> tuple[type[FormatError], tuple[str, str, str]]:
        return type(self), (self.file, self.node, self.problem)


class SourceNotFoundError(LivnError, FileNotFoundError):
    """There is no file or domain of that name."""


class SystemNotFoundError(SourceNotFoundError):
    """There is no system at that place."""


class TooLargeError(LivnError, MemoryError):
    """A result does not fit into memory; the message says how to ask for less."""


@contextmanager
def or_too_large(problem: str) -> Iterator[None]:
    """Explain why an array cannot be made; for nothing but making one.

    Raises
    ------
    TooLargeError
        There is not enough memory, or, for which numpy raises a plain ``ValueError``, no address for all its elements.
    """
    try:
        yield
    except (MemoryError, ValueError) as error:
        raise TooLargeError(problem) from error


class ClosedFileError(LivnError, ValueError):
    """The file behind an object was closed."""


class BackendError(LivnError, OSError):
    """A backend could not do what it was asked for: the general case."""


class BackendDeclined(BackendError):
    """An opener looked at the source and passes it on to the next backend."""


class BackendConnectionError(BackendError, ConnectionError):
    """The server behind a backend cannot be reached, or does not answer in time."""


class BackendPermissionError(BackendError, PermissionError):
    """The server behind a backend refuses this user."""


class NoBackendError(BackendError):
    """No backend can open the source; the message has a line for each one that was considered."""


class UnknownBackendError(BackendError, LookupError):
    """No backend of that name is installed."""


class MissingPackageError(LivnError, ImportError):
    """Something needs a package that is not installed; the message says which, and how to get it."""


def missing_package(package: str, what: str, extra: str = "") -> MissingPackageError:
    """Build the error for a library that something of ours needs, and how to get it: by livn-core's extra, if any."""
    install = f'"livn-core[{extra}]"' if extra else package
    return MissingPackageError(f"{what} needs {package}: pip install {install}")


class LivnWarning(UserWarning):
    """Base of every warning of livn-core."""


class BackendWarning(LivnWarning):
    """A backend is installed but unusable, or misbehaves."""


class BackendFallbackWarning(BackendWarning):
    """The chosen backend failed and, as ``fallback=True`` asked for, another one was taken."""


def unknown_name(kind: str, name: object, known: Iterable[object], where: str) -> UnknownNameError:
    """Build the error for a name that does not exist: what exists, and what was probably meant.

    Parameters
    ----------
    kind
        What was asked for, in the singular: ``"population"``.
    name
        The name that was asked for.
    known
        The names that exist.
    where
        The file or system that was searched.
    """
    names = [str(one) for one in known]
    listing = ", ".join(names) if names else "none at all"
    meant = _meant(str(name), names)
    hint = f"; did you mean {' or '.join(map(repr, meant))}?" if meant else ""
    return UnknownNameError(f"{where}: no {kind} {str(name)!r}; there is {listing}{hint}")


def _meant(name: str, known: list[str]) -> list[str]:
    """What a name was probably meant to be; of ``"Namespace/name"``, many give the part behind the slash alone."""
    tails = [one.rpartition("/")[2] for one in known]

    def of(tail: str) -> list[str]:
        return [one for one, last in zip(known, tails, strict=True) if last == tail]

    close = of(name) or difflib.get_close_matches(name, known, n=1)
    return close or [one for tail in difflib.get_close_matches(name, tails, n=1) for one in of(tail)]
