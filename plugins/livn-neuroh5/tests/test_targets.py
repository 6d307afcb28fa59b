"""Which paths hold bulk values."""

from __future__ import annotations

import pytest
from livn_neuroh5.targets import CellValues, EdgeValues, parse_target

CELLS = "/Populations/A/N/v/Attribute Value"
SOURCES = "/Projections/B/A/Edges/Source Index"


def test_values_of_cells():
    assert parse_target(CELLS) == CellValues(CELLS, "A", "N", "v")
    assert parse_target(CELLS).group == parse_target("/Populations/A/N/w/Attribute Value").group


@pytest.mark.parametrize("path", [SOURCES, "Projections/B/A/Edges/Source Index"])
def test_sources_of_edges(path):
    assert parse_target(path) == EdgeValues(path, "B", "A", "Edges", "Source Index")


def test_the_older_layout():
    path = "/Projections/B/A/Source Index"
    assert parse_target(path) == EdgeValues(path, "B", "A", "Edges", "Source Index")


def test_attributes_of_edges_are_read_with_the_sources():
    path = "/Projections/B/A/Synapses/weight"
    assert parse_target(path) == EdgeValues(path, "B", "A", "Synapses", "weight")
    assert parse_target(path).group == parse_target(SOURCES).group


@pytest.mark.parametrize(
    "path",
    [
        "/H5Types/Populations",
        "/Populations/A/N/v/Cell Index",
        "/Populations/A/N/v/Attribute Pointer",
        "/Populations/A/Trees/Cell Index",
        "/Projections/B/A/Edges/Destination Pointer",
        "/Projections/B/A/Edges",
        "/Projections/B/A/N/v/deeper",
        "/Populations/A/../v/Attribute Value",
        "/Populations/A//v/Attribute Value",
        "/",
        "",
    ],
)
def test_everything_else_is_metadata(path):
    assert parse_target(path) is None
