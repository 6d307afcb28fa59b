"""No message shows the secrets of an address."""

from __future__ import annotations

import pickle

import pytest

from livn_core import Backends, FormatError, LivnError, open_neuroh5
from livn_core.locations import redacted, shown

ADDRESS = "https://ada:hunter2@127.0.0.1:9/EI1/cells.h5?token=hunter2#hunter2"


def test_shown():
    assert shown(ADDRESS) == "https://127.0.0.1:9/EI1/cells.h5"
    assert shown("a/b?c#d@e") == "a/b?c#d@e"
    assert redacted(f"cannot get {ADDRESS}: gone") == "cannot get https://127.0.0.1:9/EI1/cells.h5: gone"


def everything(error: BaseException) -> str:
    return f"{error} {getattr(error, '__notes__', '')}"


def test_format_error():
    error = FormatError(ADDRESS, "/", "is broken")
    assert "hunter2" not in f"{error} {error.file} {pickle.loads(pickle.dumps(error))}"


@pytest.mark.parametrize("backend", ["pyfive", "h5py"])
def test_opening(backend):
    if backend == "pyfive":
        pytest.importorskip("aiohttp")
    with pytest.raises(LivnError) as caught:
        open_neuroh5(ADDRESS, backend=backend)
    text = everything(caught.value)
    assert "127.0.0.1:9" in text
    assert "hunter2" not in text


def test_choosing():
    assert "hunter2" not in Backends([]).explain(ADDRESS).explain()
    with pytest.raises(LivnError) as caught:
        Backends([]).select(ADDRESS)
    assert "hunter2" not in everything(caught.value)
