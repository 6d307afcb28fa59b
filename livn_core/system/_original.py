"""What needs the original livn package: its IO devices and its cell models.

It is imported when it is asked for, never before, and is not a dependency.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any

from livn_core.errors import FormatError, MissingPackageError
from livn_core.system._mea import MEA

ALLOWED = ("livn.",)
"""Where the classes that a ``model.json`` names may come from, unless the user widens it."""

_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")


def is_installed() -> bool:
    """Whether the original is installed."""
    return find_spec("livn") is not None


def io_device(document: Any, place: str) -> Any:
    """The IO device that a ``mea.json`` describes.

    Parameters
    ----------
    document
        The parsed file; None where a system has none.
    place
        Its path or address, for error messages.

    Returns
    -------
    object
        The original's ``MEA`` if it is installed, else a :class:`MEA`; without a document the original's ``IO``.

    Raises
    ------
    FormatError
        The document describes no electrodes.
    MissingPackageError
        There is no document, and the original is not installed.
    """
    electrodes = None if document is None else MEA.from_json(document, place)
    if not is_installed():
        if electrodes is None:
            raise MissingPackageError(f"{place}: there is no such file, and without it an IO device needs {_INSTALL}")
        return electrodes
    io = importlib.import_module("livn.io")
    return io.IO() if document is None else io.MEA.unserialize(dict(document))


def model(document: Any, place: str, allow: Sequence[str]) -> Any:
    """The cell model that a ``model.json`` names.

    Parameters
    ----------
    document
        The parsed file, ``{"cls": "livn.models…", "kwargs": {…}}``; None where a system has none, which stands for
        the original's default.
    place
        Its path or address, for error messages.
    allow
        Prefixes of the modules whose classes may be built.

    Raises
    ------
    FormatError
        It names something else than a model class under the allow-list.
    MissingPackageError
        The original is needed and not installed.
    """
    path, arguments = class_and_arguments(document, place)
    if path is None:
        path = "livn.models.rcsd.ReducedCalciumSomaDendrite"
    elif not path.startswith(tuple(allow)):
        raise FormatError(
            place, "/cls", f"names {path!r}, but only classes under {', '.join(allow)} are built; widen it with allow="
        )
    return _model_class(path, place, allow)(**arguments)


def section_namer(build_model: Callable[[], Any]) -> Callable[[str, str], str]:
    """How a system's model names sections; without the original, every section keeps its name."""
    try:
        return build_model().section_name  # type: ignore[no-any-return]
    except ImportError:
        return lambda _population, section: section


def class_and_arguments(document: Any, place: str) -> tuple[str | None, Mapping[str, Any]]:
    """What a ``model.json`` names, ``None`` where it leaves that to the original; raises as :func:`model` does."""
    if document is None:
        return None, {}
    if not isinstance(document, Mapping):
        raise FormatError(place, "/", "has to be an object with cls and kwargs")
    path, arguments = document.get("cls"), document.get("kwargs") or {}
    if path is not None and (not isinstance(path, str) or not _PATH.fullmatch(path)):
        raise FormatError(place, "/cls", f"has to be the dotted path of a class, not {path!r}")
    if not isinstance(arguments, Mapping):
        raise FormatError(place, "/kwargs", "has to be an object")
    return path, arguments


def _model_class(path: str, place: str, allow: Sequence[str]) -> Callable[..., Any]:
    """The class, if it is one, is a model, and was defined where it is allowed to come from."""
    module, _, name = path.rpartition(".")
    if not is_installed() and path.startswith("livn."):
        raise MissingPackageError(f"{place}: a cell model such as {path} needs {_INSTALL}")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ModuleNotFoundError, AttributeError) as error:
        if isinstance(error, ModuleNotFoundError) and not module.startswith(str(error.name)):
            raise
        raise FormatError(place, "/cls", f"names {path!r}, which does not exist") from error
    origin = f"{getattr(found, '__module__', '')}."
    if not isinstance(found, type) or not origin.startswith(tuple(allow)) or not hasattr(found, "stimulus_coordinates"):
        raise FormatError(place, "/cls", f"names {path!r}, which is no model class")
    return found


_INSTALL = "the original livn package -> pip install livn"
