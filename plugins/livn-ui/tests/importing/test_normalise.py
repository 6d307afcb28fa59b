"""A normalised file is what hsload takes; the original is not."""

from __future__ import annotations

import subprocess
import sys

import h5py
import numpy as np
import pytest
from livn_h5pyd.failures import Target
from livn_h5pyd.opening import open_domain
from livn_ui.importing import normalise
from livn_ui.importing.verify import verify

from livn_core.errors import FormatError, SourceNotFoundError


@pytest.fixture
def hsload(admin):
    def run(path, domain):
        login = ["--endpoint", admin.endpoint, "-u", admin.username, "-p", admin.password, "--bucket", admin.bucket]
        command = [sys.executable, "-c", "import h5pyd._apps.hsload as app; app.main()", *login, str(path), domain]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    return run


def test_hsload_takes_it_and_refuses_the_original(admin, hsload, small, tmp_path):
    assert hsload(small, "/raw.h5").returncode != 0
    changed = normalise(small, tmp_path / "normal.h5")
    assert set(changed) == {"/H5Types/Populations", "/also edges"}
    done = hsload(tmp_path / "normal.h5", "/normal.h5")
    assert done.returncode == 0, done.stdout + done.stderr
    with h5py.File(small) as source, open_domain(Target(admin, "/normal.h5")) as file:
        verify(source, file)


def test_content_is_the_same(example, tmp_path):
    normalise(example, tmp_path / "normal.h5")
    compared = []
    with h5py.File(example) as old, h5py.File(tmp_path / "normal.h5") as new:
        old.visititems(lambda path, found: compared.append(path) or same(found, new[path]))
        assert new["Populations/EXC/Shared"] == new["Populations/EXC/Coordinates/X/Cell Index"]
        assert new.get("soft", getlink=True).path == "/Populations/EXC"
        assert new.get("elsewhere", getlink=True).filename == "other.h5"
    assert len(compared) == 20


def same(old, new):
    assert type(old) is type(new)
    assert {name: repr(value) for name, value in old.attrs.items()} == {n: repr(v) for n, v in new.attrs.items()}
    if isinstance(old, h5py.Group):
        assert list(old) == list(new)
        return
    assert old.dtype == new.dtype
    assert h5py.check_enum_dtype(old.dtype) == h5py.check_enum_dtype(new.dtype)
    if isinstance(old, h5py.Dataset):
        assert (old.shape, old.maxshape) == (new.shape, new.maxshape)
        assert old[()].tobytes() == new[()].tobytes() or old.dtype.kind == "O"
        assert all(chunk <= limit for chunk, limit in zip(new.chunks or (), new.maxshape, strict=False) if limit)


def test_nothing_is_left_of_a_run_that_failed(tmp_path):
    (tmp_path / "broken.h5").write_bytes(b"no HDF5")
    with pytest.raises(FormatError, match=r"broken\.h5"):
        normalise(tmp_path / "broken.h5", tmp_path / "out.h5")
    with pytest.raises(SourceNotFoundError, match=r"gone\.h5"):
        normalise(tmp_path / "gone.h5", tmp_path / "out.h5")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = np.arange(5)
    with pytest.raises(OSError, match="directory"):
        normalise(tmp_path / "a.h5", tmp_path / "no such folder" / "out.h5")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.h5", "broken.h5"]


def test_large_datasets_without_chunks_get_some(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["large"], file["small"] = np.arange(3_000_000, dtype="u4"), np.arange(3)
    assert normalise(tmp_path / "a.h5", tmp_path / "b.h5") == ("/large",)
    with h5py.File(tmp_path / "b.h5") as file:
        assert file["large"].chunks == (2**19,)
        assert file["small"].chunks is None
        assert np.array_equal(file["large"][:], np.arange(3_000_000))
