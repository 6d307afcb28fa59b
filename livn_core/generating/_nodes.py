"""Values in a configuration that know where they stand, so that every complaint names the file and the key."""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection, Iterable
from typing import Any

import attrs

from livn_core.errors import ConfigError


@attrs.frozen
class Node:
    """One value, and where it stands."""

    file: str
    key: str
    value: Any

    def error(self, problem: str) -> ConfigError:
        """Build the error for something that is wrong here."""
        return ConfigError(f"{self.file}: {self.key or 'the whole file'}: {problem}")

    def child(self, name: str, value: Any) -> Node:
        """A value below this one."""
        return Node(self.file, f"{self.key}.{name}" if self.key else name, value)

    def members(self) -> dict[str, Node]:
        """Everything below, where any name will do."""
        if not isinstance(self.value, dict) or not self.value:
            raise self.error(f"has to be a mapping with at least one entry, not {self.value!r}")
        for name in self.value:
            if not isinstance(name, str):
                raise self.error(f"{name!r} has to be text; put it into quotes")
        return {name: self.child(name, value) for name, value in self.value.items()}

    def fields(self, needed: Iterable[str] = (), optional: Iterable[str] = ()) -> dict[str, Node]:
        """Everything below, where names are given."""
        found = self.members()
        known = [*needed, *optional]
        for name in found:
            if name not in known:
                raise found[name].error(f"is unknown; allowed {_are(known)}{_meant(name, known)}")
        for name in needed:
            if name not in found:
                raise self.child(name, None).error("is missing")
        return found

    def items(self) -> list[Node]:
        """The entries of a list that is not empty."""
        if not isinstance(self.value, list) or not self.value:
            raise self.error(f"has to be a list with at least one entry, not {self.value!r}")
        return [Node(self.file, f"{self.key}[{at}]", value) for at, value in enumerate(self.value)]

    def number(self, above: float = -math.inf, most: float = math.inf) -> float:
        """A finite number above a limit, and not above another."""
        number = isinstance(self.value, int | float) and not isinstance(self.value, bool)
        if not number or not above < self.value <= most or not math.isfinite(self.value):
            limits = ([f"above {above:g}"] if math.isfinite(above) else []) + (
                [f"at most {most:g}"] if math.isfinite(most) else []
            )
            raise self.error(f"has to be a number{' ' if limits else ''}{' and '.join(limits)}, not {self.value!r}")
        return float(self.value)

    def whole(self, least: int) -> int:
        """A whole number that is not below a limit."""
        if isinstance(self.value, bool) or not isinstance(self.value, int) or self.value < least:
            raise self.error(f"has to be a whole number of {least} or more, not {self.value!r}")
        return self.value

    def text(self) -> str:
        """A text."""
        if not isinstance(self.value, str):
            raise self.error(f"has to be text, not {self.value!r}")
        return self.value

    def choice(self, known: Collection[str]) -> str:
        """One of the given words."""
        if self.value not in known:
            raise self.error(f"has to be one of {', '.join(known)}, not {self.value!r}{_meant(self.value, known)}")
        return str(self.value)

    def pair(self) -> tuple[float, float]:
        """A list of two numbers."""
        if not isinstance(self.value, list) or len(self.value) != 2:
            raise self.error(f"has to be a list of two numbers, not {self.value!r}")
        first, second = self.items()
        return first.number(), second.number()


def _are(known: list[str]) -> str:
    return f"{'is' if len(known) == 1 else 'are'} {', '.join(known)}"


def _meant(name: object, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(str(name), known, n=1)
    return f"; did you mean {close[0]}?" if close else ""
