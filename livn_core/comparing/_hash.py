"""A hash of what a system holds, whatever lies between it and the disk."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping

import attrs

from livn_core.backends import BackendNames
from livn_core.comparing._manifest import PARTS, Manifest, manifest
from livn_core.errors import InvalidArgumentError
from livn_core.neuroh5._arguments import as_names
from livn_core.neuroh5._edges import BLOCK_BYTES
from livn_core.system._system import System
from livn_core.system._whole import open_whole

VERSION = "livn1"
"""Stands before every hash; another definition would have another one."""


@attrs.frozen
class ContentHash:
    """What a system holds, as one hash and in parts."""

    value: str
    """``"livn1:"`` and 64 hexadecimal digits; for some parts only, ``"livn1-cells+edges:…"``."""
    parts: Mapping[str, str]
    """``{"populations": …, "cells": …, "edges": …, "documents": …}``: the same of each part alone."""
    lines: tuple[str, ...]
    """The manifest that the hash is of, sorted: a JSON array for each population, array and document."""

    def __str__(self) -> str:
        return self.value


def content_hash(
    source: str | os.PathLike[str] | System,
    *,
    parts: str | Iterable[str] = PARTS,
    backend: BackendNames | None = None,
    options: Mapping[str, object] | None = None,
    max_bytes: int = BLOCK_BYTES,
) -> ContentHash:
    """Hash what a system or a NeuroH5 file holds, independently of chunks, filters, blocks and backend.

    What is read through any backend, and what :func:`livn_core.repack` makes of it, has the same hash. The order of
    populations and of names does not count. The order of the edges of one cell does.

    Parameters
    ----------
    source
        A path, an address, or an open system.
    parts
        ``"populations"``, ``"cells"``, ``"edges"``, ``"documents"``: what goes in; by default all.
    backend, options
        As for :class:`livn_core.System`.
    max_bytes
        How much is in memory at a time; it does not change the hash.

    Returns
    -------
    ContentHash
        Prints as the hash itself.

    Raises
    ------
    InvalidArgumentError
        There is no such part.
    FileNotFoundError, FormatError, BackendError
        It cannot be read.

    Examples
    --------
    >>> from livn_core import content_hash, predefined
    >>> str(content_hash(predefined("EI1")))[:6]
    'livn1:'
    """
    chosen = checked_parts(parts)
    with open_whole(source, backend, options) as whole:
        return hash_of(manifest(whole, chosen, max_bytes), chosen)


def checked_parts(parts: object) -> tuple[str, ...]:
    """Names of parts in their own order.

    Raises
    ------
    InvalidArgumentError
        There is no such part.
    """
    names = as_names(parts, "parts")
    unknown = sorted(set(names) - set(PARTS))
    if unknown or not names:
        raise InvalidArgumentError(f"the parts of a system are {', '.join(PARTS)}, not {', '.join(unknown) or 'none'}")
    return tuple(part for part in PARTS if part in names)


def hash_of(found: Manifest, parts: tuple[str, ...] = PARTS) -> ContentHash:
    """The hash of a manifest."""
    lines = {part: sorted(_line((*key, *entry)) for key, entry in found.items() if key[0] == part) for part in parts}
    every = sorted(line for some in lines.values() for line in some)
    prefix = VERSION if parts == PARTS else f"{VERSION}-{'+'.join(parts)}"
    return ContentHash(
        f"{prefix}:{_digest(every)}",
        {part: f"{VERSION}-{part}:{_digest(some)}" for part, some in lines.items()},
        tuple(every),
    )


def _line(values: tuple[str | int, ...]) -> str:
    return json.dumps(values, separators=(",", ":"))


def _digest(lines: list[str]) -> str:
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()
