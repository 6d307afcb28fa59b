"""Damaged files give the right data, a ``LivnError``, or values that no check could see through; nothing else."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest

from livn_core.errors import FormatError, LivnError
from livn_core.h5file import Ranges

SCRIPT = Path(__file__).with_name("damage.py")
GIGABYTE = 1 << 30
SECONDS = 600


@pytest.fixture(scope="module")
def copies(reference, tmp_path_factory):
    """A reference file, compressed and in several chunks per dataset, in the oldest and in the newest format."""
    folder = tmp_path_factory.mktemp("copies")
    for libver in "earliest", "latest":
        new = h5py.File(folder / f"{libver}.h5", "w", libver=libver)
        with h5py.File(reference / "c_multiblock.h5") as source, new as target:
            source.visititems(lambda name, one, target=target: _copy(name, one, target))
    return folder


def _copy(name, one, target):
    parent, _, last = name.rpartition("/")
    parent = target.require_group(parent or "/")
    if isinstance(one, h5py.Dataset) and not name.startswith("H5Types"):
        options = {"compression": "gzip", "shuffle": True, "fletcher32": "Index" in name}
        limit = (None,) if "Pointer" in name else one.shape
        parent.create_dataset(last, data=one[...], chunks=(min(4, one.size),), maxshape=limit, **options)
    elif not isinstance(one, h5py.Group):
        one.file.copy(one, parent, last)


@pytest.mark.skipif(sys.platform != "linux", reason="limits memory as Linux does")
@pytest.mark.parametrize(
    ("name", "kind", "count"),
    [
        ("earliest", "flips", 500),
        ("latest", "flips", 400),
        ("c_multiblock", "flips", 400),
        ("a_two_pops", "flips", 60),
        ("f_dtypes", "flips", 60),
        ("earliest", "cuts", 120),
        ("c_multiblock", "cuts", 100),
    ],
)
def test_damage_is_noticed_or_harmless(reference, copies, name, kind, count):
    path = (copies if name in ("earliest", "latest") else reference) / f"{name}.h5"
    command = [sys.executable, str(SCRIPT), str(path), kind, str(count), "20", str(2 * GIGABYTE)]
    # Thread stacks and BLAS buffers would count against the limit.
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False, env=environment, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    report = json.loads(done.stdout)
    assert not report["n_bad"], "\n".join(report["bad"])
    assert report["peak"] < GIGABYTE // 4
    assert sum(report["counts"].values()) >= 2 * count
    # It would be a poor test that damaged only what nobody reads.
    assert report["counts"]["read_neuroh5 refused"] > count // 10


def rewrite(path, old, new, count=1):
    raw = path.read_bytes()
    assert raw.count(old) >= count
    path.write_bytes(raw.replace(old, new))


@pytest.mark.parametrize("filters", [{}, {"compression": "gzip"}])
def test_an_absurd_extent_costs_no_memory(tmp_path, open_file, filters):
    path = tmp_path / "extent.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("data", (12_345,), "<i8", chunks=(1000,), maxshape=(None,), **filters)[:] = 1
    rewrite(path, struct.pack("<Q", 12_345), struct.pack("<Q", 1 << 55))
    dataset = open_file(path)["data"]
    assert dataset.shape == (1 << 55,)
    with pytest.raises(FormatError, match=r"/data: .* chunks are missing: its extent is damaged"):
        dataset[:]
    assert dataset[5:7].tolist() == [1, 1]


def test_an_absurd_contiguous_extent(tmp_path, open_file):
    path = tmp_path / "extent.h5"
    with h5py.File(path, "w") as file:
        file["data"] = np.ones(12_345)
    rewrite(path, struct.pack("<QQ", 12_345, 12_345), struct.pack("<QQ", 1 << 50, 1 << 50))
    dataset = open_file(path)["data"]
    for part in slice(None), slice(0, 1):
        with pytest.raises(FormatError, match="which the file does not hold"):
            dataset[part]


def test_a_chunk_that_inflates_without_end(tmp_path, open_file):
    path = tmp_path / "bomb.h5"
    with h5py.File(path, "w") as file:
        data = file.create_dataset("data", (1000,), "<u1", chunks=(1000,), compression="gzip")
        data.id.write_direct_chunk((0,), zlib.compress(bytes(100_000_000)))
    with pytest.raises(FormatError, match="/data: damaged: a chunk decompresses to 1001 bytes or more instead of 1000"):
        open_file(path)["data"][:]


@pytest.mark.parametrize("size", [1, 999, 1001])
def test_a_chunk_of_the_wrong_size(tmp_path, open_file, size):
    path = tmp_path / "size.h5"
    with h5py.File(path, "w") as file:
        data = file.create_dataset("data", (1000,), "<u1", chunks=(1000,), compression="gzip")
        data.id.write_direct_chunk((0,), zlib.compress(bytes(size)))
    with pytest.raises(FormatError, match="/data: "):
        open_file(path)["data"][:]


def test_a_wrong_checksum(tmp_path, open_file):
    path = tmp_path / "checksum.h5"
    values = np.random.default_rng(0).integers(0, 1 << 60, 100)
    with h5py.File(path, "w") as file:
        file.create_dataset("data", data=values, chunks=(100,), fletcher32=True)
    assert open_file(path)["data"][:].tolist() == values.tolist()
    rewrite(path, values[50:51].tobytes(), (values[50:51] ^ 1).tobytes())
    with pytest.raises(FormatError, match="/data: damaged: a chunk does not match its checksum"):
        open_file(path)["data"][:]


def test_a_chunk_index_that_runs_in_a_circle(tmp_path, open_file):
    path = tmp_path / "circle.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("data", data=np.arange(5000), chunks=(4,))
    raw = bytearray(path.read_bytes())
    inner = [at for at in range(0, len(raw) - 8, 8) if raw[at : at + 5] == b"TREE\x01" and raw[at + 5] == 1]
    assert inner
    for at in inner:
        # Node type 1, level 1: its first child is now the node itself.
        raw[at + 48 : at + 56] = at.to_bytes(8, "little")
    path.write_bytes(raw)
    with pytest.raises(FormatError, match="/data: damaged"):
        open_file(path)["data"][:]


@pytest.mark.parametrize("messages", [100, 100_000])
def test_a_header_that_goes_on_and_on(tmp_path, open_file, messages):
    """The root's is continued at a place where nothing is but messages that it is continued there once more."""
    path = tmp_path / "header.h5"
    with h5py.File(path, "w", libver="earliest") as file:
        file["data"] = 1
    raw = bytearray(path.read_bytes())
    (root,) = struct.unpack_from("<Q", raw, 64)
    again = struct.pack("<HHB3xQQ", 16, 16, 0, len(raw), 24 * messages)
    raw[root + 2 : root + 4] = b"\xff\xff"
    raw[root + 16 : root + 40] = again
    raw += again * 100_000 + bytes(1 << 26)  # the larger the file, the more patience it is read with
    raw[40:48] = struct.pack("<Q", len(raw))
    path.write_bytes(raw)
    with pytest.raises(FormatError, match=r"/: .*its header of \d+ bytes in \d+ places is too large to be one"):
        open_file(path)


def test_a_file_that_shrinks_while_it_is_open(tmp_path, open_file):
    path = tmp_path / "shrinks.h5"
    with h5py.File(path, "w") as file:
        for name, options in {"contiguous": {}, "chunked": {"chunks": 50_000}}.items():
            file.create_dataset(name, data=np.arange(300_000), **options)
        file.create_dataset("packed", data=np.arange(300_000), chunks=50_000, compression="gzip")
    file = open_file(path)
    before = file.read_many([Ranges.whole(f"/{name}", 300_000) for name in file.keys()])  # noqa: SIM118
    os.truncate(path, 4096)
    for name in "contiguous", "chunked", "packed":
        with pytest.raises(FormatError, match="while it was open"):
            file[name][:]
    assert all(values.tolist() == list(range(300_000)) for values in before)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "/: is empty"),
        (b"hello", "/: is not an HDF5 file"),
        (b"CDF\x01" + bytes(1000), "/: is not an HDF5 file"),
        (b"\x89HDF\r\n\x1a\n", "is cut off within its first bytes|superblock"),
        (b"\x89HDF\r\n\x1a\n\x09" + bytes(200), "superblock of the unknown version 9"),
        (b"\x89HDF\r\n\x1a\n\x00\0\0\0\0\x04\x04" + bytes(200), "addresses and lengths of 4 and 4 bytes"),
    ],
)
def test_what_is_no_hdf5(tmp_path, open_file, content, message):
    path = tmp_path / "other.h5"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=message) as caught:
        open_file(path)
    assert str(path) in str(caught.value)


def test_a_refused_file_is_closed(tmp_path, open_file):
    path = tmp_path / "other.h5"
    path.write_bytes(b"hello")
    descriptors = Path("/proc/self/fd")
    if not descriptors.is_dir():
        pytest.skip("counts open files as Linux shows them")
    before = len(list(descriptors.iterdir()))
    for _ in range(20):
        with pytest.raises(LivnError):
            open_file(path)
    assert len(list(descriptors.iterdir())) <= before  # what tests before have dropped may be closed meanwhile
