"""What the tests of livn-pyfive share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from livn_pyfive import livn_backend_open
from livn_pyfive.file import PyfiveFile


@pytest.fixture(scope="session")
def reference() -> Path:
    """Files that the neuroh5 library wrote."""
    folder = Path(__file__).parents[3] / "tests" / "reference"
    if not folder.is_dir():
        pytest.skip("the reference files are in the repository only")
    return folder


@pytest.fixture
def open_file() -> Iterator[Callable[..., PyfiveFile]]:
    """Open files as the core does; they are closed when the test is over."""
    with ExitStack() as stack:
        yield lambda source, **options: stack.enter_context(livn_backend_open(str(source), options))
