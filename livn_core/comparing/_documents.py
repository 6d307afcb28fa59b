"""JSON documents: one way of writing each, and where two of them differ."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from livn_core.errors import FormatError
from livn_core.system._sidecars import parse_json

ABSENT: Any = object()
"""Stands where only the other document has something."""


def canonical(content: bytes, place: str) -> tuple[str, bytes]:
    """A document in the one way of writing it; bytes that are no JSON stay as they are.

    Returns
    -------
    kind, content
        ``"json"`` or ``"bytes"``, and what is to be compared.
    """
    try:
        document = parse_json(content, place)
    except FormatError:
        return "bytes", content
    return "json", json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def differing(one: Any, other: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Where two parsed documents differ: a path such as ``/layers/0``, and what stands there in each.

    ``1`` and ``1.0``, and ``1`` and ``true``, are different, as they are in the hash.
    """
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}):
            yield from differing(one.get(key, ABSENT), other.get(key, ABSENT), f"{path}/{key}")
    elif isinstance(one, list) and isinstance(other, list):
        for at in range(max(len(one), len(other))):
            left, right = (values[at] if at < len(values) else ABSENT for values in (one, other))
            yield from differing(left, right, f"{path}/{at}")
    elif one is ABSENT or other is ABSENT or json.dumps(one) != json.dumps(other):
        yield path or "/", one, other
