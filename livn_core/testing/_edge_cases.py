"""Check one of the odd reference files against the entry that says what must come out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from livn_core.errors import FormatError
from livn_core.h5file import AnyArray
from livn_core.neuroh5 import NeuroH5File
from livn_core.testing._content import Attribute, Content, EdgeList, assert_same, read_content

RANGES = {"A": (0, 10), "B": (10, 40)}


def assert_edge_case(file: NeuroH5File, expected: Mapping[str, Any]) -> None:
    """Compare a file with its entry in ``expected.json``: equal, empty, or a ``FormatError`` with these words."""
    if expected["outcome"] != "FormatError":
        assert_same(read_content(file), _content(expected))
        return
    try:
        read_content(file)
    except FormatError as error:
        missing = [words for words in expected["says"] if words not in str(error)]
        if missing:
            raise AssertionError(f"the error does not say {missing}: {error}") from error
        return
    raise AssertionError(f"{file!r} was read without a FormatError")


def _content(expected: Mapping[str, Any]) -> Content:
    cells = {
        tuple(key.split("/")): Attribute(given["gids"], given["pointer"], _values(given))
        for key, given in expected.get("cells", {}).items()
    }
    edges = {
        tuple(key.split(" -> ")): EdgeList(
            given["post_gids"],
            given["indptr"],
            np.array(given["pre_gids"], np.int32),
            {name: _values(values) for name, values in given["attributes"].items()},
        )
        for key, given in expected.get("edges", {}).items()
    }
    return Content(RANGES, cells, edges)


def _values(given: Mapping[str, Any]) -> AnyArray:
    return np.array(given["values"], given["dtype"])
