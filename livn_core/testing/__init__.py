"""A conformance kit for backends: subclass one class, write one fixture, run pytest.

.. code-block:: python

    from livn_core.testing import BackendTests

    class TestMine(BackendTests):
        @pytest.fixture
        def plugin(self):
            return my_backend

:class:`BackendTests` says what else can be told to it. The other names are its parts, for tests of one's own.

The kit needs pytest and h5py, which makes the files; importing this package needs neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from livn_core.testing._content import Attribute, Content, EdgeList, assert_raises, assert_same, read_content
from livn_core.testing._edge_cases import assert_edge_case
from livn_core.testing._reference import assert_equals_neuroh5, content_from_neuroh5, true_int8_edges

if TYPE_CHECKING:
    from livn_core.testing._backend_tests import BackendTests
    from livn_core.testing._cases import CASES, Case
    from livn_core.testing._fixtures import BackendFixtures

__all__ = [
    "CASES",
    "Attribute",
    "BackendFixtures",
    "BackendTests",
    "Case",
    "Content",
    "EdgeList",
    "assert_edge_case",
    "assert_equals_neuroh5",
    "assert_raises",
    "assert_same",
    "content_from_neuroh5",
    "read_content",
    "true_int8_edges",
]

_LAZY = {
    "BackendFixtures": "_fixtures",
    "BackendTests": "_backend_tests",
    "CASES": "_cases",
    "Case": "_case",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    try:
        module = importlib.import_module(f"{__name__}.{_LAZY[name]}")
    except ImportError as error:
        raise ImportError(f"the conformance kit needs pytest and h5py: pip install pytest h5py ({error})") from error
    return getattr(module, name)
