"""What HDF5 may do with the elements of a dataset and seldom does."""

from __future__ import annotations

import re

import h5py
import numpy as np
import pytest

from livn_core.errors import FormatError


def create(file, name, dtype, space, properties):
    """Make a dataset as h5py's own ``create_dataset`` does not."""
    return h5py.h5d.create(file.id, name, h5py.h5t.py_create(np.dtype(dtype)), space, properties)


@pytest.mark.parametrize("libver", ["earliest", "latest"])
def test_an_empty_dataset_whose_space_is_allocated_early(tmp_path, open_file, libver):
    """Parallel HDF5 always does that; of no bytes there is no address."""
    early = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    early.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    with h5py.File(tmp_path / "early.h5", "w", libver=libver) as file:
        create(file, b"empty", "<i8", h5py.h5s.create_simple((0,)), early)
        create(file, b"null", "<i8", h5py.h5s.create(h5py.h5s.NULL), early)
    file = open_file(tmp_path / "early.h5")
    for name in "empty", "null":
        read = file[name][:]
        assert (read.shape, read.dtype) == ((0,), np.int64)


@pytest.mark.parametrize("filters", [{"shuffle": True}, {"compression": "gzip", "shuffle": True, "fletcher32": True}])
@pytest.mark.parametrize(("size", "limit"), [(250, None), (250, 250), (50, 100), (200, None)])
def test_a_last_chunk_that_is_written_without_filters(tmp_path, open_file, filters, size, limit):
    """``H5Pset_chunk_opts``, which h5py does not have: a bit of the layout, and no filter mask."""
    path = tmp_path / "edge.h5"
    values = np.random.default_rng(0).integers(0, 1 << 60, size)
    with h5py.File(path, "w", libver="latest") as file:
        data = file.create_dataset("data", data=values, chunks=(100,), maxshape=(limit,), **filters)
        if size % 100:
            last = np.zeros(100, values.dtype)
            last[: size % 100] = values[size // 100 * 100 :]
            data.id.write_direct_chunk((size // 100 * 100,), last.tobytes())
    raw = path.read_bytes()
    # Version 4 or 5, chunked; flags; two dimensions of a byte each, 100 elements of 8 bytes.
    (at,) = (found.start() for found in re.finditer(rb"[\x04\x05]\x02[\x00-\x03]\x02\x01\x64\x08", raw))
    path.write_bytes(raw[: at + 2] + bytes([raw[at + 2] | 1]) + raw[at + 3 :])
    data = open_file(path)["data"]
    assert data[:].tolist() == values.tolist()
    assert data[size - 3 : size].tolist() == values[-3:].tolist()


@pytest.mark.parametrize(("kind", "what"), [(5, "fill value"), (11, "list of filters")])
def test_what_is_shared_with_other_datasets_is_not_made_up(tmp_path, open_file, kind, what):
    path = tmp_path / "shared.h5"
    with h5py.File(path, "w", libver="earliest") as file:
        data = file.create_dataset("data", (100,), "<i8", chunks=(100,), fillvalue=7, shuffle=True)
        place = h5py.h5o.get_info(data.id).addr
    raw = bytearray(path.read_bytes())
    assert open_file(path)["data"][:].tolist() == [7] * 100
    at = place + 16
    while int.from_bytes(raw[at : at + 2], "little") != kind:
        at += 8 + int.from_bytes(raw[at + 2 : at + 4], "little")
    raw[at + 4] |= 2
    path.write_bytes(raw)
    with pytest.raises(FormatError, match=f"/data: .*its {what} is kept outside it, shared with others; copy it into"):
        open_file(path)["data"][:]


def test_what_is_compressed_twice_is_not_called_damaged(tmp_path, open_file):
    twice = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    twice.set_chunk((1000,))
    twice.set_deflate(4)
    twice.set_deflate(4)
    with h5py.File(tmp_path / "twice.h5", "w") as file:
        create(file, b"data", "<i8", h5py.h5s.create_simple((1000,)), twice)
        file["data"][:] = np.arange(1000)
    with pytest.raises(
        FormatError, match="/data: pyfive cannot read it: it is compressed with gzip more than once; rew"
    ):
        open_file(tmp_path / "twice.h5")["data"][:]


@pytest.mark.parametrize("order", ["1032", "0132", "1023", "3210"])
def test_checksums_as_the_oldest_hdf5_wrote_them(tmp_path, open_file, order):
    """Before 1.6.3 the bytes of each of the two sums were swapped. What h5py takes is taken, and nothing else."""
    path = tmp_path / "checksum.h5"
    values = np.random.default_rng(0).integers(0, 1 << 60, 100)
    with h5py.File(path, "w") as file:
        data = file.create_dataset("data", data=values, chunks=(100,), fletcher32=True)
        file.flush()
        _, chunk = data.id.read_direct_chunk((0,))
        checksum = bytes(chunk[-4:][int(place)] for place in order)
        data.id.write_direct_chunk((0,), chunk[:-4] + checksum)
    with h5py.File(path) as file:
        try:
            expected = file["data"][:].tolist()
        except OSError:
            expected = None
    assert (expected is None) is (order != "1032")
    if expected is not None:
        assert open_file(path)["data"][:].tolist() == expected
        return
    with pytest.raises(FormatError, match="/data: damaged: a chunk does not match its checksum"):
        open_file(path)["data"][:]
