"""Whichever library inflates, the same streams are taken, with the same bytes, and the same are refused."""

from __future__ import annotations

import random
import sys
import tracemalloc
import zlib

import h5py
import numpy as np
import pytest
from livn_pyfive import inflate, pool
from livn_pyfive.inflate import DoesNotInflate

from livn_core.errors import FormatError
from livn_core.h5file import Ranges


@pytest.fixture(params=["zlib-ng", "zlib"])
def library(request, monkeypatch):
    """Inflate with this library."""
    monkeypatch.setattr(
        inflate, "_library", zlib if request.param == "zlib" else pytest.importorskip("zlib_ng.zlib_ng")
    )
    assert inflate.library() == request.param
    return request.param


def judged_by_zlib(data, size):
    """The bytes, or ``None`` where zlib refuses the stream."""
    stream = zlib.decompressobj()
    try:
        plain = stream.decompress(data, size + 1)
    except zlib.error:
        return None
    return plain if stream.eof and len(plain) == size else None


def contents(rng, size):
    """Bytes of several kinds: constant, noise, few symbols, repetitions, shuffled gids."""
    noise = np.random.default_rng(rng.randrange(1 << 30))
    gids = np.sort(noise.integers(0, 80_000, size // 4 + 1)).astype("<u4")
    return rng.choice([
        bytes(size),
        noise.bytes(size),
        noise.integers(0, 4, size, dtype=np.uint8).tobytes(),
        (b"abcdefgh" * (size // 8 + 1))[:size],
        gids.view(np.uint8).reshape(-1, 4).T.tobytes()[:size],
    ])  # fmt: skip


def compressed(rng, plain):
    strategy = rng.choice([zlib.Z_DEFAULT_STRATEGY, zlib.Z_FIXED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE])
    stream = zlib.compressobj(rng.choice([0, 1, 4, 9]), zlib.DEFLATED, rng.choice([15, 15, 9]), 9, strategy)
    return stream.compress(plain) + stream.flush()


def damaged(rng, data):
    place = rng.randrange(len(data))
    flipped = bytearray(data)
    flipped[rng.choice([place, place % 2, place % 40 % len(data), len(data) - 1 - place % 4])] ^= 1 << rng.randrange(8)
    cut = data[:place]
    missing = data[:place] + data[place + rng.randrange(1, 9) :]
    return rng.choice([data, bytes(flipped), bytes(flipped), cut, missing, data + bytes(5), data + data])


@pytest.mark.parametrize("seed", range(4))
def test_any_stream_is_judged_as_zlib_judges_it(library, seed):
    rng = random.Random(seed)
    taken = refused = 0
    for _ in range(400):
        plain = contents(rng, rng.choice([1, 5, 100, 1000, 4000, 40_000]))
        size = max(1, len(plain) + rng.choice([0, 0, 0, 0, 1, -1]))
        data = damaged(rng, compressed(rng, plain))
        expected = judged_by_zlib(data, size)
        if expected is None:
            refused += 1
            with pytest.raises(DoesNotInflate):
                inflate.inflate(data, size)
        else:
            taken += 1
            assert inflate.inflate(memoryview(data), size) == expected
    assert min(taken, refused) > 80


def test_a_stream_without_end_costs_no_memory(library):
    bomb = zlib.compress(bytes(20_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(DoesNotInflate, match="decompresses to 1001 bytes or more instead of 1000"):
            inflate.inflate(bomb, 1000)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_zlib_is_taken_where_there_is_nothing_faster(monkeypatch):
    monkeypatch.setitem(sys.modules, "zlib_ng", None)
    monkeypatch.setitem(sys.modules, "zlib_ng.zlib_ng", None)
    assert inflate._fastest() is zlib


@pytest.fixture
def packed(tmp_path):
    values = np.random.default_rng(3).integers(0, 500, 1_000_000).astype("<u4")
    with h5py.File(tmp_path / "packed.h5", "w") as file:
        for width in "u2", "u4", "u8", "f4", ">u4":
            name = width.replace(">", "big ")
            file.create_dataset(name, data=values, dtype=width, chunks=65_536, compression=1, shuffle=True)
        file.create_dataset("plain", data=values)
    return tmp_path / "packed.h5", values


@pytest.mark.parametrize("threads", [1, 3])
def test_results_are_the_same_with_each_library(packed, open_file, library, threads):
    path, values = packed
    file = open_file(path, threads=threads)
    starts, stops = np.array([70_000, 5, 400_000, 65_530]), np.array([80_000, 65_000, 900_000, 65_540])
    some = np.concatenate([values[a:b] for a, b in zip(starts, stops, strict=True)])
    for name in file.keys():  # noqa: SIM118 - a group of this backend, not a dictionary
        whole, parts = file.read_many([Ranges.whole(f"/{name}", values.size), Ranges(f"/{name}", starts, stops)])
        assert np.array_equal(whole, values)
        assert np.array_equal(parts, some)


def test_damage_in_a_file_is_refused_with_each_library(packed, open_file, library):
    path, _ = packed
    with h5py.File(path) as file:
        place = file["u4"].id.get_chunk_info(3)
    raw = bytearray(path.read_bytes())
    raw[place.byte_offset + place.size - 1] ^= 1
    path.write_bytes(raw)
    with pytest.raises(FormatError, match=r"/u4: damaged: a chunk does not decompress \(.*incorrect data check"):
        open_file(path)["u4"][:]


@pytest.mark.parametrize("name", ["plain", "u4", "big u4"])
def test_a_wider_result_needs_no_second_array(packed, open_file, name):
    path, values = packed
    file = open_file(path, threads=1)
    out = np.zeros(values.size, np.int64)
    request = Ranges(f"/{name}", np.array([0]), np.array([values.size]), out)
    file.read_many([request])  # the buffers of this thread are there now
    tracemalloc.start()
    try:
        file.read_many([request])
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert np.array_equal(out, values)
    # numpy reports its arrays to tracemalloc: a second array would take four million bytes or more.
    assert peak < 1_500_000


def test_small_reads_start_no_threads(tmp_path, open_file, monkeypatch):
    with h5py.File(tmp_path / "small.h5", "w") as file:
        file["data"] = np.arange(50_000)
        file.create_dataset("packed", data=np.arange(5000), chunks=500, compression="gzip")
    monkeypatch.setattr(pool, "_executor", lambda: pytest.fail("asked for threads"))
    file = open_file(tmp_path / "small.h5", threads=4)
    assert file["data"][:].sum() == 1_249_975_000
    assert file["packed"][:].sum() == 12_497_500
