"""A system on a real server is validated, hashed, compared and repacked as the one that it came from."""

from __future__ import annotations

from pathlib import Path

import pytest
from livn_ui.importing import import_file

import livn_core
from livn_core import BackendError, content_hash, diff, repack, validate

EI1 = Path(livn_core.__file__).parent / "data" / "systems" / "EI1"
PARTS = ("populations", "cells", "edges")
LOCAL = "pyfive"

pytest.importorskip("livn_pyfive", reason="another backend is compared with")


@pytest.fixture(scope="session")
def imported(admin, tmp_path_factory):
    """EI1, repacked for remote reading, and imported."""
    packed = repack(EI1, tmp_path_factory.mktemp("packed") / "EI1", purpose="remote", backend=LOCAL).path
    for name in ("cells.h5", "connections.h5"):
        import_file(admin, packed / name, f"/whole/EI1/{name}")
    return "hdf5://whole/EI1"


def test_what_a_server_has_is_what_was_imported(imported, on_hsds, tmp_path):
    expected = content_hash(EI1, parts=PARTS, backend=LOCAL)
    assert content_hash(imported, parts=PARTS) == expected
    assert diff(imported, imported, parts=PARTS) == ()
    for name in ("cells.h5", "connections.h5"):
        done = repack(f"{imported}/{name}", tmp_path / name)
        assert done.before.n_bytes is None
        assert done.hash == content_hash(EI1 / name, backend=LOCAL).value


def test_documents_that_cannot_be_had_are_not_lost_in_silence(imported, on_hsds, tmp_path):
    with pytest.raises(BackendError):
        repack(imported, tmp_path / "copy")
    assert list(tmp_path.iterdir()) == []
    assert [one.code for one in validate(imported)] == ["documents-unknown"]
