"""How users override the order of backends: an argument, a context, an environment variable."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal, TypeAlias

from livn_core.errors import ConfigError, InvalidArgumentError, InvalidTypeError

ENV_VAR = "LIVN_H5_BACKEND"

BackendNames: TypeAlias = str | Sequence[str]
"""One backend's name, or several in the order in which to ask them."""

By: TypeAlias = Literal["argument", "context", "environment", "priority"]

_in_context: ContextVar[tuple[str, ...] | None] = ContextVar("livn_backend_names", default=None)
_first_choice: ContextVar[By | None] = ContextVar("livn_first_choice", default=None)


@contextmanager
def use_backend(names: BackendNames) -> Iterator[None]:
    """Choose the backend of everything that is opened inside a ``with`` block.

    A ``backend=`` argument still goes first. New threads start outside of the block, as
    :mod:`contextvars` has it.

    Parameters
    ----------
    names
        A name, or names in the order in which to ask them; no other backend is asked.

    Examples
    --------
    >>> from livn_core import use_backend
    >>> with use_backend("pyfive"):
    ...     pass
    """
    token = _in_context.set(_as_names(names, "use_backend()"))
    try:
        yield
    finally:
        _in_context.reset(token)


@contextmanager
def as_chosen(by: By) -> Iterator[None]:
    """Let names that are given as arguments in a ``with`` block stand for an earlier choice, and for its reason."""
    token = _first_choice.set(by)
    try:
        yield
    finally:
        _first_choice.reset(token)


def names_in_play(argument: BackendNames | None) -> tuple[tuple[str, ...] | None, By]:
    """Which backends the user has named, and where; ``None`` where nobody has named any."""
    if argument is not None:
        return _as_names(argument, "backend="), _first_choice.get() or "argument"
    context = _in_context.get()
    if context is not None:
        return context, "context"
    variable = os.environ.get(ENV_VAR, "").strip()
    if variable:
        names = tuple(name.strip() for name in variable.split(",") if name.strip())
        if not names:
            raise ConfigError(f"{ENV_VAR}={variable!r} names no backend; unset it, or give names separated by commas")
        return names, "environment"
    return None, "priority"


def _as_names(value: BackendNames, where: str) -> tuple[str, ...]:
    names: tuple[object, ...]
    if isinstance(value, str):
        names = (value,)
    elif isinstance(value, Sequence):
        names = tuple(value)
    else:
        raise InvalidTypeError(f"{where} takes a backend's name or a list of names, not {value!r}")
    if not all(isinstance(name, str) for name in names):
        raise InvalidTypeError(f"{where} takes names, not {list(names)!r}")
    if not names or not all(names):
        raise InvalidArgumentError(f"{where} was given no name; leave it out to choose by priority")
    return tuple(dict.fromkeys(str(name) for name in names))
