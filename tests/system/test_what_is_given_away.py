"""What a system gives away cannot change what it gives next."""

from __future__ import annotations

import os
import sys

import h5py
import numpy as np
import pytest

from livn_core import FormatError, InvalidArgumentError, ParallelSystem, System, fetch, predefined, write_system


def test_results_are_the_callers_own():
    with System(predefined("EI1")) as system:
        before = np.abs(system.connectivity_matrix()).sum()
        system.connections_config["synapses"].clear()
        system.cells_meta_data.population_ranges.clear()
        system.population_ranges.clear()
        assert np.abs(system.connectivity_matrix()).sum() == before > 0
        assert system.cells_meta_data.population_ranges == {"EXC": (0, 8), "INH": (8, 2)}
        for array in (system.bounding_box, system.neuron_coordinates, *system.graph.layer_extents.values()):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 7


def test_a_page_of_html_is_no_system(tmp_path):
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "cells.h5").write_text("<!DOCTYPE HTML>")
    with pytest.raises(FormatError, match=r"cells\.h5: is no HDF5 file, so nothing was copied"):
        fetch(str(tmp_path / "source"), directory=tmp_path)
    assert not (tmp_path / "systems" / "graphs" / "source").exists()


def test_a_copy_into_itself(tmp_path):
    with pytest.raises(InvalidArgumentError, match="would be copied into itself"):
        fetch(str(tmp_path), directory=tmp_path / "inside", name="copy")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_pipes_are_waited_for_by_nobody(tmp_path):
    write_system(tmp_path / "one", {"A": 2}, cells={"A": {"N": {"v": np.ones(2, np.float32)}}})
    os.mkfifo(tmp_path / "one" / "graph.json")
    with System(tmp_path / "one") as system, pytest.raises(InvalidArgumentError, match="is no regular file"):
        _ = system.graph
    copy = fetch(str(tmp_path / "one"), directory=tmp_path)
    assert not os.path.exists(os.path.join(copy, "graph.json"))  # noqa: PTH110, PTH118


def test_overwriting_is_all_or_nothing(tmp_path):
    target = tmp_path / "one"
    write_system(target, {"A": 2}, cells={"A": {"N": {"v": np.ones(2, np.float32)}}})
    (target / "connections.h5").unlink(missing_ok=True)
    (target / "connections.h5").mkdir()
    before = (target / "cells.h5").read_bytes()
    with pytest.raises(InvalidArgumentError, match=r"connections\.h5: cannot be replaced"):
        write_system(target, {"A": 5}, cells={"A": {"N": {"v": np.ones(5, np.float32)}}}, overwrite=True)
    assert (target / "cells.h5").read_bytes() == before


def test_coordinates_that_are_no_place(tmp_path):
    axes = {f"{axis} Coordinate": np.array([1, np.nan, 3], np.float32) for axis in "XYZ"}
    write_system(tmp_path / "one", {"A": 3}, cells={"A": {"Generated Coordinates": axes}})
    with (
        System(tmp_path / "one") as system,
        pytest.raises(FormatError, match="gid 1 has a coordinate"),
    ):
        _ = system.neuron_coordinates
    with pytest.raises(InvalidArgumentError, match="finite"):
        ParallelSystem(3, coordinates=np.full((3, 3), np.nan))


def test_projections_must_be_a_group(tmp_path):
    write_system(tmp_path / "one", {"A": 3}, layout="single")
    with h5py.File(tmp_path / "one" / "graph.h5", "r+") as file:
        file["Projections"] = np.arange(3)
    with System(tmp_path / "one") as system, pytest.raises(FormatError, match="/Projections: must be a group"):
        _ = system.projection_names


def test_json_with_an_endless_number(tmp_path):
    write_system(tmp_path / "one", {"A": 3}, documents={"graph.json": b"[" + b"1" * 5000 + b"]"})
    if sys.int_info.str_digits_check_threshold:
        with System(tmp_path / "one") as system, pytest.raises(FormatError, match=r"graph\.json"):
            _ = system.graph
