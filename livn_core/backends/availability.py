"""What a backend answers when it is asked whether it can open a source."""

from __future__ import annotations

import attrs


@attrs.frozen
class Availability:
    """A yes or a no, always with its reason.

    Build one with :meth:`yes` or :meth:`no`.
    """

    ok: bool
    """Whether the backend can be asked to open the source."""

    reason: str = ""
    """Why, in a few words; required where the answer is no."""

    remedy: str = ""
    """What the user can do to turn a no into a yes; empty where nothing helps."""

    @classmethod
    def yes(cls, reason: str = "") -> Availability:
        """The backend can open the source."""
        return cls(True, reason)

    @classmethod
    def no(cls, reason: str, remedy: str = "") -> Availability:
        """The backend cannot open the source."""
        return cls(False, reason, remedy)

    def __bool__(self) -> bool:
        return self.ok
