"""Conditional requests and the choice of a content coding (RFC 9110, 12.5.3 and 13)."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from email.utils import formatdate, parsedate_to_datetime

import attrs

_SURELY_OLD = 60.0
_TAG = re.compile(r'(?:W/)?"([^"]*)"')


@attrs.frozen
class Validators:
    """What tells one version of an answer's content from another."""

    tag: str
    """Strong; of these very bytes, so it differs between codings."""
    modified: float | None = None
    """Seconds since the epoch."""

    @property
    def headers(self) -> dict[str, str]:
        """As headers of the answer."""
        dated = {} if self.modified is None else {"Last-Modified": formatdate(self.modified, usegmt=True)}
        return {"ETag": f'"{self.tag}"', **dated}

    def status(self, asked: Mapping[str, str]) -> int:
        """What the conditions of a request come to: 200 (go on), 304 (the client has it) or 412 (it has changed)."""
        if "if-match" in asked:
            if not self._matches(asked["if-match"], strong=True):
                return 412
        elif self._is_newer_than(asked.get("if-unmodified-since"), otherwise=False):
            return 412
        if "if-none-match" in asked:
            return 304 if self._matches(asked["if-none-match"], strong=False) else 200
        return 200 if self._is_newer_than(asked.get("if-modified-since"), otherwise=True) else 304

    def is_range_valid(self, asked: Mapping[str, str]) -> bool:
        """Whether ``If-Range`` lets a part be sent; otherwise the client wants everything anew."""
        condition = asked.get("if-range")
        if condition is None:
            return True
        if '"' in condition:
            return condition.strip() == f'"{self.tag}"'
        # A date has whole seconds only, so it says nothing about a file that was written to a moment ago.
        old_enough = self.modified is not None and time.time() - self.modified > _SURELY_OLD
        return old_enough and condition.strip() == self.headers["Last-Modified"]

    def _matches(self, header: str, *, strong: bool) -> bool:
        if header.strip() == "*":
            return True
        found = _TAG.finditer(header)
        return any(one[1] == self.tag and not (strong and one[0].startswith("W/")) for one in found)

    def _is_newer_than(self, date: str | None, *, otherwise: bool) -> bool:
        if date is None or self.modified is None:
            return otherwise
        try:
            return int(self.modified) > parsedate_to_datetime(date).timestamp()
        except (ValueError, OverflowError, TypeError):
            return otherwise


def accepts_gzip(header: str) -> bool:
    """Whether ``Accept-Encoding`` allows gzip."""
    weights: dict[str, float] = {}
    for part in header.lower().split(","):
        name, _, parameter = part.partition(";")
        weights[name.strip()] = _weight(parameter)
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0))) > 0


def _weight(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0
