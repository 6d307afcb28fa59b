"""The user's options for this backend."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any, SupportsIndex

import attrs

from livn_core.errors import ConfigError
from livn_core.threads import MOST_THREADS

CACHE_BYTES = 128 * 2**20


@attrs.frozen
class Options:
    """What ``options=`` may hold."""

    threads: int | None = None
    """How many threads read and decode at once; ``None``: ``LIVN_THREADS``, else one per processor.

    More than 16 are never used, however many are asked for.
    """
    cache_bytes: int = CACHE_BYTES
    """How much of a file is kept decoded in memory, for queries that touch a few cells; 0: nothing."""
    storage_options: Mapping[str, Any] = attrs.field(factory=dict, repr=False)
    """Passed to fsspec for remote sources: credentials, a proxy, a cache."""


def parse_options(given: Mapping[str, object]) -> Options:
    """Check the options.

    Raises
    ------
    ConfigError
        One is unknown, or of the wrong type. Values are not repeated: they may be credentials.
    """
    known = [field.name for field in attrs.fields(Options)]
    unknown = sorted(str(name) for name in given if name not in known)
    if unknown:
        raise ConfigError(f"the pyfive backend has no option {', '.join(unknown)}; it has {', '.join(known)}")
    threads = given.get("threads")
    count = None if threads is None else _whole(threads)
    if threads is not None and (count is None or not 1 <= count <= MOST_THREADS):
        raise ConfigError(f"the option threads must be a whole number from 1 to {MOST_THREADS}, or None")
    cache = _whole(given.get("cache_bytes", CACHE_BYTES))
    if cache is None or cache < 0:
        raise ConfigError("the option cache_bytes must be a whole number of bytes, 0 or more")
    storage = given.get("storage_options", {})
    if not isinstance(storage, Mapping) or not all(isinstance(name, str) for name in storage):
        raise ConfigError("the option storage_options must be a mapping of names to values")
    return Options(count, cache, storage)


def _whole(value: object) -> int | None:
    """A whole number as an int, of numpy too; ``None`` for anything else, and for a bool."""
    if isinstance(value, bool) or not isinstance(value, SupportsIndex):
        return None
    try:
        return operator.index(value)
    except TypeError:  # an array of several has the method too
        return None
