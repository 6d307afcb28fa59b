"""Bring h5pyd's dtypes to what livn-core expects of every backend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


def level(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Native byte order; a bool as the int8 that HDF5 stores; an enum's labels kept, as ``{str: int}``.

    Examples
    --------
    >>> level(np.dtype(">f4")), level(np.dtype(bool))
    (dtype('float32'), dtype('int8'))
    """
    if dtype.names is not None:
        fields = {name: level(dtype[name]) for name in dtype.names}
        return np.dtype(list(fields.items()))
    if dtype.kind == "b":
        return np.dtype(np.int8)
    labels = enum_labels(dtype)
    if labels is not None:
        # newbyteorder() forgets the metadata.
        return np.dtype(dtype.newbyteorder("="), metadata={"enum": labels})
    return dtype.newbyteorder("=")


def enum_labels(dtype: np.dtype[Any]) -> dict[str, int] | None:
    """An enum's values by label; ``None`` where the type has no labels."""
    if dtype.metadata is None or "enum" not in dtype.metadata:
        return None
    found: Mapping[Any, Any] = dtype.metadata["enum"]
    return {name.decode() if isinstance(name, bytes) else str(name): int(value) for name, value in found.items()}
