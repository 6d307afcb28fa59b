"""Files go into a real HSDS and come back as they were, or not at all."""

from __future__ import annotations

import subprocess
import sys

import attrs
import h5py
import numpy as np
import pytest
from livn_h5pyd.connection import root_group
from livn_h5pyd.failures import Target
from livn_h5pyd.opening import open_domain
from livn_ui.importing import ImportVerificationError, NotImportableError, import_file, import_system
from livn_ui.importing.administration import Administration
from livn_ui.importing.transfer import open_for_writing
from livn_ui.importing.verify import verify

from livn_core.errors import (
    BackendConnectionError,
    BackendPermissionError,
    ConfigError,
    FormatError,
    InvalidArgumentError,
    SourceNotFoundError,
    SystemNotFoundError,
)


def opened(config, domain):
    return open_domain(Target(config, domain))


def folder(hsds, name):
    return sorted(path.name for path in (hsds.settings.store / hsds.settings.bucket / name).iterdir())


def test_everything_comes_back(admin, example):
    done = import_file(admin, example, "/all/EI1/cells.h5")
    assert done.datasets == 13
    with opened(admin, "/all/EI1/cells.h5") as file, h5py.File(example) as source:
        assert verify(source, file) == done.bytes_compared > 2_400_000
        assert set(file.keys()) == set(source.keys())
        labels = file["H5Types/Population labels"].dtype.metadata["enum"]
        assert labels == {"EXC": 0, "INH": 1}
        assert file["H5Types/Populations"].dtype["Population"].metadata["enum"] == labels
        assert file["odd/nan"][:].tobytes() == source["odd/nan"][:].tobytes()
        assert file["soft/Shared"][:].tolist() == list(range(8))
    database = open_for_writing(admin, "/all/EI1/cells.h5")
    root = root_group(database)
    assert root["odd"].attrs["text"] == "ü"
    assert root["odd"].attrs["numbers"].tolist() == [0, 1, 2]
    assert root["Populations/EXC/Shared"].id.uuid == root["Populations/EXC/Coordinates/X/Cell Index"].id.uuid
    database.close()


def test_an_import_replaces_what_was_there_and_leaves_nothing_else(admin, hsds, tmp_path):
    for values in (np.arange(5), np.arange(7) * 2):
        with h5py.File(tmp_path / "a.h5", "w") as file:
            file["x"] = values
        import_file(admin, tmp_path / "a.h5", "/again/a.h5")
        with opened(admin, "/again/a.h5") as file:
            assert file["x"][:].tolist() == values.tolist()
    assert folder(hsds, "again") == [".domain.json", "a.h5"]


def test_a_failed_import_leaves_the_former_one(admin, hsds, tmp_path):
    with h5py.File(tmp_path / "good.h5", "w") as file:
        file["x"] = np.arange(5)
    with h5py.File(tmp_path / "bad.h5", "w") as file:
        file["a"] = np.arange(5)
        file["refs"] = np.array([file["a"].ref], h5py.ref_dtype)
    import_file(admin, tmp_path / "good.h5", "/kept/a.h5")
    with pytest.raises(NotImportableError, match=r"bad\.h5: /refs: it holds references"):
        import_file(admin, tmp_path / "bad.h5", "/kept/a.h5")
    with opened(admin, "/kept/a.h5") as file:
        assert list(file.keys()) == ["x"]
    Administration(admin).flush("/kept/a.h5")
    assert folder(hsds, "kept") == [".domain.json", "a.h5"]


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda f: f["x"].write_direct(np.array([0, 1, 9])), r"/x: has other values in \[0:3\]"),
        (lambda f: f.create_group("more"), "has not the members"),
        (lambda f: [f.pop("x"), f.create_dataset("x", data=np.arange(3.0))], "/x: has the type int64"),
        (lambda f: [f.pop("x"), f.create_dataset("x", data=np.arange(4))], r"/x: has the shape \(3,\)"),
        (lambda f: [f.pop("t"), f.__setitem__("t", h5py.enum_dtype({"A": 1}))], "/t: has the type"),
    ],
)
def test_the_comparison_notices_a_difference(admin, tmp_path, spoil, says):
    path, domain = tmp_path / "a.h5", "/noticed/a.h5"
    with h5py.File(path, "w") as file:
        file["x"], file["t"] = np.arange(3), h5py.enum_dtype({"A": 0})
    if Administration(admin).state(domain) is None:
        import_file(admin, path, domain)
    with h5py.File(path, "a") as file, opened(admin, domain) as written:
        verify(file, written)
        spoil(file)
        with pytest.raises(ImportVerificationError, match=says):
            verify(file, written)


def test_datasets_of_any_shape_go_over_in_pieces(admin, tmp_path):
    rng = np.random.default_rng(1)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["wide"] = rng.integers(0, 2**31, (3, 1_200_000), "i4")
        file["deep"] = rng.random((2, 3, 300_000), "f4")
        file["long"] = rng.random((1_500_000, 1), "f4")
        file["text"] = [f"{number} ü" for number in range(1000)]
        rows = np.zeros(300_000, [("a", "u1"), ("b", "f8"), ("c", ">i2")])
        rows["b"] = rng.random(300_000)
        file["rows"] = rows
        file["one"], file["word"] = np.float64(np.pi), "word"
    done = import_file(admin, tmp_path / "a.h5", "/shapes/a.h5")
    with opened(admin, "/shapes/a.h5") as served, h5py.File(tmp_path / "a.h5") as source:
        assert verify(source, served) == done.nbytes
        assert np.array_equal(served["long"][:], source["long"][:])


@pytest.mark.parametrize("domain", ["/a/b.h5", "/ü & co/größe #1.h5", "/deep/er/still/x.h5"])
def test_names_of_any_kind(admin, tmp_path, domain):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = np.arange(5)
    import_file(admin, tmp_path / "a.h5", domain)
    with opened(admin, domain) as file:
        assert file["x"][:].tolist() == list(range(5))


def test_a_folder_of_that_name_is_in_the_way(admin, tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = np.arange(5)
    import_file(admin, tmp_path / "a.h5", "/way/cells.h5/x.h5")
    with pytest.raises(ConfigError, match=r"/way/cells\.h5 .*there is a folder of that name"):
        import_file(admin, tmp_path / "a.h5", "/way/cells.h5")
    with pytest.raises(ConfigError, match="HSDS keeps content in /db"):
        import_file(admin, tmp_path / "a.h5", "/db/a.h5")
    with pytest.raises(InvalidArgumentError, match="is no domain"):
        import_file(admin, tmp_path / "a.h5", "EI1/a.h5")


def test_a_file_that_is_being_written_waits(admin, tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = np.arange(5)
        code = (
            "import sys; from pathlib import Path; from livn_ui.importing.source import open_hdf5; "
            "open_hdf5(Path(sys.argv[1]))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "a.h5")], capture_output=True, text=True, check=False
        )
    assert "is open for writing in another program" in done.stderr


def test_a_system_is_all_its_files(admin, hsds, example):
    with h5py.File(example.parent / "connections.h5", "w") as file:
        file["x"] = np.arange(3)
    (example.parent / "graph.json").write_text("{}")
    done = import_system(admin, example.parent, "lab/EI1")
    assert [one.domain for one in done] == ["/lab/EI1/cells.h5", "/lab/EI1/connections.h5"]
    assert folder(hsds, "lab/EI1") == [".domain.json", "cells.h5", "connections.h5"]


def test_bad_sources_have_their_own_errors(admin, tmp_path):
    (tmp_path / "broken.h5").write_bytes(b"not HDF5 at all")
    with pytest.raises(FormatError, match=r"broken\.h5: /: is not HDF5"):
        import_file(admin, tmp_path / "broken.h5", "/bad/a.h5")
    with pytest.raises(SourceNotFoundError, match=r"gone\.h5: no such file"):
        import_file(admin, tmp_path / "gone.h5", "/bad/a.h5")
    with pytest.raises(SystemNotFoundError, match="no such directory"):
        import_system(admin, tmp_path / "gone")
    (tmp_path / "broken.h5").unlink()
    with pytest.raises(SystemNotFoundError, match=r"it has no \.h5 file"):
        import_system(admin, tmp_path)


def test_a_wrong_password_and_no_server_have_their_own_errors(admin, example):
    with pytest.raises(BackendPermissionError, match="does not accept user 'admin'"):
        import_file(attrs.evolve(admin, password="wrong"), example, "/denied/cells.h5")
    with pytest.raises(BackendPermissionError, match=r"without a login|wants a login"):
        import_file(attrs.evolve(admin, username=None, password=None), example, "/denied/cells.h5")
    with pytest.raises(BackendConnectionError, match="cannot be reached"):
        import_file(attrs.evolve(admin, endpoint="http://127.0.0.1:9"), example, "/x/cells.h5")
