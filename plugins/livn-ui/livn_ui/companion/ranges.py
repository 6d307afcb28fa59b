"""The header ``Range``: which parts of a file are wanted (RFC 9110, 14.1.2)."""

from __future__ import annotations

import re
from itertools import pairwise

_MAX_RANGES = 100
_SPEC = re.compile(r"(\d*)-(\d*)", re.ASCII)
_MAX_DIGITS = 19


class BadRangeError(ValueError):
    """No part of the file can be sent for this header; the message says why."""


def parse_ranges(header: str, size: int) -> list[tuple[int, int]] | None:
    """Read a ``Range`` header.

    Parameters
    ----------
    header
        Its value.
    size
        Length of the file in bytes.

    Returns
    -------
    list of (int, int) or None
        Start and stop (exclusive) of each part, in the order asked for; where parts overlap, sorted and merged.
        ``None``: the header counts in another unit than bytes and is to be ignored.

    Raises
    ------
    BadRangeError
        It is malformed, has too many parts, or none of them lies in the file.
    """
    unit, equals, specs = header.partition("=")
    if unit.strip().lower() != "bytes" or not equals:
        return None
    wanted = [spec.strip() for spec in specs.split(",") if spec.strip()]
    if len(wanted) > _MAX_RANGES:
        raise BadRangeError(f"{len(wanted)} ranges are too many; ask for {_MAX_RANGES} at most")
    found = [one for one in (_range(spec, size) for spec in wanted) if one is not None]
    if not found:
        raise BadRangeError(f"none of the ranges lies in the file of {size} bytes")
    return _merged(found)


def _range(spec: str, size: int) -> tuple[int, int] | None:
    match = _SPEC.fullmatch(spec)
    first, last = match.groups() if match else ("", "")
    if not (first or last) or max(len(first), len(last)) > _MAX_DIGITS or (first and last and int(last) < int(first)):
        raise BadRangeError(f"{spec[:80]!r} is no range of bytes; write 0-99, 100- or -100")
    start = int(first) if first else max(0, size - int(last))
    stop = min(size, int(last) + 1) if first and last else size
    return (start, stop) if start < stop else None


def _merged(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    ordered = sorted(ranges)
    if all(one[1] <= two[0] for one, two in pairwise(ordered)):
        return ranges
    merged = [ordered[0]]
    for start, stop in ordered[1:]:
        if start > merged[-1][1]:
            merged.append((start, stop))
        else:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
    return merged
