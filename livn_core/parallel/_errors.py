"""Errors on their way from one rank to the others, and how a rank knows that the others have one already."""

from __future__ import annotations

import itertools
import pickle
from typing import Self

import attrs

from livn_core.errors import BackendError

_TIME = itertools.count()
_MARK = "_livn_agreed"


def now() -> int:
    """A moment of this process: later ones have larger numbers."""
    return next(_TIME)


def agreed(error: Exception) -> Exception:
    """Mark an error as one that all ranks raise, so that nobody has to be told again."""
    setattr(error, _MARK, now())
    return error


def is_agreed(error: BaseException | None, since: int) -> bool:
    """Whether an error, or what caused it, was agreed on after a moment.

    An older mark says nothing: whoever keeps an error may raise it twice, and the second time is news to the others.
    """
    while error is not None:
        if getattr(error, _MARK, -1) > since:
            return True
        error = error.__cause__
    return False


@attrs.frozen
class Packed:
    """An error that can be sent to any rank, and raised there as often as somebody wants."""

    pickled: bytes
    """Empty where it cannot be pickled."""
    text: str
    """What stands in for it where its class is unknown."""
    notes: tuple[str, ...]

    @classmethod
    def of(cls, error: Exception) -> Self:
        """Pack an error of any kind."""
        try:
            pickled = pickle.dumps(error)
            pickle.loads(pickled)
        except Exception:
            pickled = b""
        return cls(pickled, _described(error), tuple(getattr(error, "__notes__", ())))

    def unpack(self) -> Exception:
        """A new error, of the same kind where this process has it."""
        try:
            error = pickle.loads(self.pickled)
        except Exception:
            error = BackendError(self.text)
        error.__notes__ = list(self.notes)  # which pickling may keep or lose
        return error  # type: ignore[no-any-return]


def _described(error: Exception) -> str:
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:
        return type(error).__name__
