"""Ranges of datasets, however they are stored, are what h5py reads."""

from __future__ import annotations

import itertools

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from livn_pyfive import livn_backend_open

from livn_core.errors import FormatError, InvalidArgumentError
from livn_core.h5file import Ranges, SupportsReadMany

COMPOUND = np.dtype([("a", "<u8"), ("b", "<u4"), ("c", "<u2")])
DTYPES = ["i1", "u1", "<i2", ">u2", "<u4", ">i4", "<i8", ">u8", "<f2", "<f4", ">f8", "?", COMPOUND]
FILTERS = {
    "none": {},
    "gzip": {"compression": "gzip"},
    "shuffle": {"shuffle": True},
    "fletcher": {"fletcher32": True},
    "all": {"compression": "gzip", "shuffle": True, "fletcher32": True},
}
LIBVERS = ["earliest", "latest", "latest, fixed"]
STORAGE = [(None, "none"), *((chunk, name) for chunk in (1, 7, 64, 1000) for name in FILTERS)]


def values_of(dtype, size):
    raw = np.random.default_rng(size).integers(0, 120, size)
    if dtype == COMPOUND:
        result = np.zeros(size, COMPOUND)
        for field in COMPOUND.names:
            result[field] = raw
        return result
    return raw.astype(dtype)


def write(path, dtype, size, chunk, filters, libver="earliest"):
    data = values_of(np.dtype(dtype), size)
    options = {} if chunk is None else {"chunks": chunk, **FILTERS[filters]}
    if chunk is not None:
        # The newest format has another index for datasets that cannot grow.
        options["maxshape"] = (max(size, chunk),) if libver == "latest, fixed" else (None,)
    with h5py.File(path, "w", libver=libver.split(",")[0]) as file:
        file.create_dataset("data", data=data, **options)
    return data


def native(values):
    values = values.view(np.int8) if values.dtype == np.bool_ else values
    return values.astype(values.dtype.newbyteorder("="))


def expected_of(data, starts, stops):
    parts = [data[start:stop] for start, stop in zip(starts, stops, strict=True)]
    return native(np.concatenate([data[:0], *parts]))


def assert_equal(mine, expected):
    assert mine.dtype == expected.dtype
    assert mine.tobytes() == expected.tobytes()


RANGES = {
    "whole": ([0], [500]),
    "one": ([123], [124]),
    "none": ([], []),
    "empty": ([0, 500, 77], [0, 500, 77]),
    "backwards and again": ([400, 10, 10, 0, 399, 63], [420, 90, 90, 500, 401, 65]),
    "many": (list(range(0, 495, 3)), list(range(2, 497, 3))),
    "neighbours": ([0, 10, 20, 100], [10, 20, 30, 200]),
}


@pytest.mark.parametrize("libver", LIBVERS)
@pytest.mark.parametrize(("chunk", "filters"), STORAGE)
def test_every_storage_and_dtype(tmp_path, open_file, chunk, filters, libver):
    ranges = [(np.array(a, np.int64), np.array(b, np.int64)) for a, b in RANGES.values()]
    for number, dtype in enumerate(DTYPES):
        path = tmp_path / f"{number}.h5"
        data = write(path, dtype, 500, chunk, filters, libver)
        file = open_file(path)
        results = file.read_many([Ranges("/data", starts, stops) for starts, stops in ranges])
        for result, (starts, stops) in zip(results, ranges, strict=True):
            assert_equal(result, expected_of(data, starts, stops))
        assert_equal(file["data"][13:], native(data[13:]))


@st.composite
def cases(draw):
    size = draw(st.integers(0, 3000))
    chunk = draw(st.one_of(st.none(), st.integers(1, 800)))
    filters = "none" if chunk is None else draw(st.sampled_from(sorted(FILTERS)))
    place = st.integers(0, size)
    ranges = draw(st.lists(st.tuples(place, place).map(sorted), max_size=80))
    return draw(st.sampled_from(DTYPES)), size, chunk, filters, draw(st.sampled_from(LIBVERS)), ranges


@settings(max_examples=150, deadline=None)
@given(case=cases())
def test_any_ranges(tmp_path_factory, case):
    dtype, size, chunk, filters, libver, ranges = case
    path = tmp_path_factory.mktemp("any") / "any.h5"
    data = write(path, dtype, size, chunk, filters, libver)
    starts = np.array([one[0] for one in ranges], np.int64)
    stops = np.array([one[1] for one in ranges], np.int64)
    with livn_backend_open(str(path), {}) as file:
        (result,) = file.read_many([Ranges("/data", starts, stops)])
    assert_equal(result, expected_of(data, starts, stops))


def large(path):
    """Large enough for whole runs to be read straight, and for threads."""
    data = np.random.default_rng(5).integers(0, 50, 400_000).astype("<u4")
    with h5py.File(path, "w") as file:
        file["contiguous"] = data
        file.create_dataset("chunked", data=data, chunks=4000)
        file.create_dataset("packed", data=data, chunks=4000, compression="gzip", shuffle=True)
        file.create_dataset("checked", data=data, chunks=30_000, compression="gzip", fletcher32=True)
        file.create_dataset("big", data=data, dtype=">u4", chunks=50_000, compression="gzip", shuffle=True)
    return data


NAMES = ["contiguous", "chunked", "packed", "checked", "big"]


@pytest.mark.parametrize("threads", [1, 2, 7, None])
def test_large_reads(tmp_path, open_file, threads):
    data = large(tmp_path / "large.h5")
    file = open_file(tmp_path / "large.h5", threads=threads)
    rng = np.random.default_rng(1)
    starts = rng.integers(0, 399_000, 3000)
    stops = starts + rng.integers(0, 900, 3000)
    requests = [Ranges.whole(f"/{name}", 400_000) for name in NAMES]
    requests += [Ranges(f"/{name}", starts, stops) for name in NAMES]
    results = file.read_many(requests)
    scattered = np.concatenate([data[a:b] for a, b in zip(starts, stops, strict=True)])
    for result, expected in zip(results, [data] * 5 + [scattered] * 5, strict=True):
        assert_equal(result, expected)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("wide", ["u4", "i8", "f8", "u8", ">i8"])
def test_out_is_filled_and_may_be_wider(tmp_path, open_file, name, wide):
    data = large(tmp_path / "large.h5")
    file = open_file(tmp_path / "large.h5")
    starts, stops = np.array([300_000, 5, 5]), np.array([400_000, 20, 90_000])
    expected = np.concatenate([data[a:b] for a, b in zip(starts, stops, strict=True)]).astype(wide)
    strided = np.zeros(2 * len(expected), wide)[::2]
    for out in np.zeros(len(expected), wide), strided:
        (result,) = file.read_many([Ranges(f"/{name}", starts, stops, out)])
        assert result is out
        assert_equal(out, expected)


def test_out_that_cannot_hold_the_values_is_refused(tmp_path, open_file):
    large(tmp_path / "large.h5")
    file = open_file(tmp_path / "large.h5")
    whole = np.array([0]), np.array([10])
    with pytest.raises(InvalidArgumentError, match="/packed: uint32 does not go into an array of bool"):
        file.read_many([Ranges("/packed", *whole, np.zeros(10, np.bool_))])


def test_the_protocol_and_its_small_print(tmp_path, open_file):
    large(tmp_path / "large.h5")
    file = open_file(tmp_path / "large.h5")
    assert isinstance(file, SupportsReadMany)
    assert file.read_many([]) == []
    with pytest.raises(KeyError, match="there is no /nothing"):
        file.read_many([Ranges.whole("/nothing", 1)])
    with pytest.raises(FormatError, match="/: is not a dataset"):
        file.read_many([Ranges.whole("/", 1)])
    for start, stop in itertools.product([0, 400_000], [400_001, 2**40]):
        with pytest.raises(InvalidArgumentError, match="outside the 400000 elements"):
            file.read_many([Ranges("/packed", np.array([start]), np.array([stop]))])


@pytest.mark.parametrize("filters", sorted(FILTERS))
@pytest.mark.parametrize("fill", [None, 7])
@pytest.mark.parametrize("libver", ["earliest", "latest"])
def test_what_was_never_written_is_the_fill_value(tmp_path, open_file, filters, fill, libver):
    with h5py.File(tmp_path / "fill.h5", "w", libver=libver) as file:
        for name, limit in {"sparse": None, "sparse and fixed": 3000}.items():
            options = {"chunks": (1,), "maxshape": (limit,), "fillvalue": fill, **FILTERS[filters]}
            sparse = file.create_dataset(name, (3000,), ">i4", **options)
            sparse[200:210] = 1
            sparse[2900:] = 2
        file.create_dataset("untouched", (1000,), "<f4", chunks=(64,), fillvalue=fill, **FILTERS[filters])
        file.create_dataset("unallocated", (1000,), "<i2", fillvalue=fill)
        expected = {name: native(file[name][:]) for name in file}
    file = open_file(tmp_path / "fill.h5")
    for name, values in expected.items():
        assert_equal(file[name][:], values)
        assert_equal(file[name][190:260], values[190:260])


def test_chunks_without_any_index(tmp_path, open_file):
    """Allocated early, unfiltered, in the newest format: the chunks simply follow each other."""
    with h5py.File(tmp_path / "implicit.h5", "w", libver="latest") as file:
        plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plan.set_chunk((64,))
        plan.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        space = h5py.h5s.create_simple((1000,))
        h5py.h5d.create(file.id, b"data", h5py.h5t.STD_I32LE, space, plan)
        file["data"][:900] = np.arange(900)
        expected = file["data"][:]
    assert_equal(open_file(tmp_path / "implicit.h5")["data"][:], expected)


def test_more_chunks_than_are_read_in_the_newest_format(tmp_path, open_file):
    with h5py.File(tmp_path / "many.h5", "w", libver="latest") as file:
        file.create_dataset("data", (200_000,), "<u4", chunks=(1,), maxshape=(None,))[-1] = 5
    with pytest.raises(FormatError, match="rewrite it with larger chunks"):
        open_file(tmp_path / "many.h5")["data"][:]


def test_a_chunk_that_was_written_without_its_filters(tmp_path, open_file):
    data = np.arange(256, dtype="<u4")
    with h5py.File(tmp_path / "mask.h5", "w") as file:
        packed = file.create_dataset("data", (256,), "<u4", chunks=(64,), compression="gzip", shuffle=True)
        packed[:] = data
        packed.id.write_direct_chunk((64,), data[64:128].tobytes(), filter_mask=0b11)
        shuffled = data[128:192].view("u1").reshape(-1, 4).T.tobytes()
        packed.id.write_direct_chunk((128,), shuffled, filter_mask=0b10)
    assert open_file(tmp_path / "mask.h5")["data"][:].tolist() == data.tolist()


@pytest.mark.parametrize("filters", sorted(FILTERS))
def test_a_dataset_that_shrank_and_grew(tmp_path, open_file, filters):
    with h5py.File(tmp_path / "resized.h5", "w") as file:
        data = file.create_dataset("data", data=np.arange(500), chunks=(64,), maxshape=(None,), **FILTERS[filters])
        data.resize((100,))
        data.resize((300,))
        expected = data[:]
    assert_equal(open_file(tmp_path / "resized.h5")["data"][:], expected)


def test_only_touched_chunks_are_read(tmp_path, open_file):
    """The other chunks are spoilt, and nobody notices."""
    path = tmp_path / "spoilt.h5"
    data = np.random.default_rng(0).random(10_000)
    with h5py.File(path, "w") as file:
        packed = file.create_dataset("data", data=data, chunks=100, compression="gzip")
        places = [packed.id.get_chunk_info(number) for number in range(100)]
    raw = bytearray(path.read_bytes())
    for place in places[:50] + places[51:]:
        raw[place.byte_offset : place.byte_offset + place.size] = b"\0" * place.size
    path.write_bytes(raw)
    dataset = open_file(path)["data"]
    assert dataset[5000:5100].tolist() == data[5000:5100].tolist()
    with pytest.raises(FormatError, match="/data: damaged: a chunk does not decompress"):
        dataset[5000:5101]


@pytest.mark.parametrize(("compression", "what"), [("lzf", "filter number 32000"), ("szip", "filter number 4")])
def test_a_filter_that_is_not_read(tmp_path, open_file, compression, what):
    if compression == "szip" and not h5py.h5z.filter_avail(h5py.h5z.FILTER_SZIP):
        pytest.skip("this HDF5 writes no szip")
    with h5py.File(tmp_path / "filter.h5", "w") as file:
        file.create_dataset("data", data=np.arange(64), chunks=16, compression=compression)
    dataset = open_file(tmp_path / "filter.h5")["data"]
    assert dataset.shape == (64,)
    with pytest.raises(FormatError, match=f"/data: pyfive cannot read it: its {what}"):
        dataset[:]
