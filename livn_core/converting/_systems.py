"""A system that is given as it is, or by its place."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from livn_core.backends import BackendNames

if TYPE_CHECKING:
    from livn_core.system import System


@contextmanager
def opened_system(given: System | str | os.PathLike[str], backend: BackendNames | None) -> Iterator[System]:
    """The system; closed afterwards if it was opened here."""
    from livn_core.system import System

    if isinstance(given, System):
        yield given
        return
    with System(given, backend=backend) as system:
        yield system
