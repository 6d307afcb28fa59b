"""Print all that a system holds, as digests: ``python everything.py SYSTEM [BACKEND]``; run by the tests.

Two systems print the same if and only if every array has the same dtype, shape and bytes, and every document the
same bytes. Nothing of the tests is imported, so that it runs in an empty directory.
"""

from __future__ import annotations

import hashlib
import json
import sys
from typing import Any

import attrs
import numpy as np

from livn_core import System
from livn_core.errors import UnknownNameError


def digest(value: Any) -> Any:
    """Arrays and bytes as their dtype, shape and hash; everything that holds them likewise."""
    if isinstance(value, np.ndarray):
        content = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()[:16]
        return f"{value.dtype.str}{list(value.shape)} {content}"
    if isinstance(value, bytes):
        return f"bytes[{len(value)}] {hashlib.sha256(value).hexdigest()[:16]}"
    if attrs.has(type(value)):
        return {field.name: digest(getattr(value, field.name)) for field in attrs.fields(type(value))}
    if hasattr(value, "items"):
        return {str(key): digest(one) for key, one in value.items()}
    return value


def coordinates(system: System, population: str) -> Any:
    """Positions, where a system has any."""
    try:
        return digest(system.coordinate_array(population))
    except UnknownNameError:
        return None


def everything(system: System) -> dict[str, Any]:
    """All that a system holds."""
    return {
        "ranges": {name: list(found) for name, found in system.population_ranges.items()},
        "order": list(system.populations),
        "coordinates": {name: coordinates(system, name) for name in system.populations},
        "attributes": {
            name: {space: digest(system.cell_attributes(name, space)) for space in system.namespaces(name)}
            for name in system.populations
        },
        "trees": {name: digest(dict(system.trees(name))) for name in system.populations},
        "projections": {
            f"{pre} to {post}": digest(system.projection(pre, post).read(attributes=True))
            for pre, post in system.projection_names
        },
        "documents": {name: digest(system.load_file(name, mode="rb")) for name in system.sidecar_names},
    }


if __name__ == "__main__":
    with System(sys.argv[1], backend=(sys.argv[2:] or [None])[0]) as found:
        print(json.dumps({"backend": found.backend, **everything(found)}))
