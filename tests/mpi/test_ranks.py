"""Several MPI ranks read what one rank reads, each its part, and fail together."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from livn_core.neuroh5 import Edges
from livn_core.writing import write_neuroh5

TESTS = Path(__file__).parent.parent
SYSTEMS = TESTS.parent / "systems" / "graphs"
REFERENCE = sorted((TESTS / "reference").glob("*.h5"))
EDGE_CASES = sorted((TESTS / "reference" / "edge-cases").glob("*.h5"))
EI2 = sorted((SYSTEMS / "EI2").glob("*.h5"))
SIZES = [1, 2, 3, 4, 7]


@pytest.mark.parametrize("size", SIZES)
def test_all_files_read_the_same(on_ranks, size):
    on_ranks(size, "files", "pyfive", *REFERENCE, *EI2)


def test_odd_and_broken_files_read_the_same(on_ranks):
    on_ranks(2, "files", "pyfive", *EDGE_CASES)


def test_another_backend_reads_the_same(on_ranks):
    on_ranks(2, "files", "h5py", *REFERENCE)


@pytest.mark.parametrize("size", SIZES)
def test_a_system_is_whole_everywhere_and_dealt_out_by_cell(on_ranks, size):
    on_ranks(size, "system", SYSTEMS / "EI2")


@pytest.mark.parametrize("size", [1, 3])
def test_blocks(on_ranks, size):
    on_ranks(size, "blocks", SYSTEMS / "EI2" / "connections.h5")


@pytest.mark.parametrize("size", [2, 3])
def test_an_allocation_of_ones_own(on_ranks, size):
    on_ranks(size, "allocation", TESTS / "reference" / "a_two_pops.h5")


@pytest.mark.parametrize("size", [2, 7])
def test_one_rank_fails(on_ranks, size):
    on_ranks(size, "one_rank_fails", TESTS / "reference" / "a_two_pops.h5")


def test_a_file_that_goes_away(on_ranks, tmp_path):
    path = tmp_path / "here.h5"
    write_chunks(path)
    on_ranks(3, "removed", path)


def test_a_chunk_that_one_rank_reads_is_damaged(on_ranks, tmp_path):
    path = tmp_path / "damaged.h5"
    write_chunks(path)
    damage_last_chunk(path)
    on_ranks(3, "damaged", path)


def write_chunks(path):
    count, per_cell = 60, 50
    sources = np.random.default_rng(1).integers(0, count, count * per_cell)
    edges = Edges(np.arange(count), np.arange(count + 1) * per_cell, sources, {})
    write_neuroh5(path, {"A": (0, count)}, {("A", "A"): edges}, chunks=500, compression=4)


def damage_last_chunk(path):
    with h5py.File(path) as file:
        dataset = file["/Projections/A/A/Edges/Source Index"]
        last = dataset.id.get_chunk_info(dataset.id.get_num_chunks() - 1)
    with path.open("r+b") as raw:
        raw.seek(last.byte_offset + last.size // 2)
        raw.write(bytes(8))


def test_what_is_not_there(on_ranks, tmp_path):
    on_ranks(2, "absent", tmp_path)


def test_finding_and_copying(on_ranks):
    on_ranks(2, "found", SYSTEMS / "EI2")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux says how much memory was held")
def test_no_rank_holds_much_more_than_its_share(on_ranks, tmp_path):
    count, per_cell = 50_000, 240
    rng = np.random.default_rng(1)
    sources = rng.integers(0, count, count * per_cell)
    weight = rng.random(sources.size, np.float32)
    edges = Edges(np.arange(count), np.arange(count + 1) * per_cell, sources, {"Connections": {"weight": weight}})
    write_neuroh5(tmp_path / "large.h5", {"A": (0, count)}, {("A", "A"): edges})
    on_ranks(2, "budget", tmp_path / "large.h5")


def test_arguments_that_one_rank_got_wrong(on_ranks):
    on_ranks(2, "arguments", SYSTEMS / "EI2")


def test_ranks_that_ask_for_different_things(on_ranks):
    on_ranks(2, "different", SYSTEMS / "EI2" / "connections.h5")


def test_a_rank_without_memory(on_ranks):
    on_ranks(3, "memory", TESTS / "reference" / "a_two_pops.h5")


def test_errors_that_cannot_be_sent(on_ranks):
    on_ranks(2, "strange_errors", TESTS / "reference" / "a_two_pops.h5")


def test_a_communicator_of_one(on_ranks):
    on_ranks(2, "one_alone", TESTS / "reference" / "a_two_pops.h5")


def test_ranks_share_the_processors(on_ranks):
    on_ranks(2, "threads", "shared")
    on_ranks(2, "threads", "wished", LIVN_THREADS="3")
    on_ranks(2, "threads", "wrong", LIVN_THREADS="many")
