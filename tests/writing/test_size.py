"""A file does not grow because its edges came in pieces."""

from __future__ import annotations

from livn_core import System, predefined, write_system


def test_copying_a_small_system_keeps_it_small(tmp_path):
    with System(predefined("EI1")) as system:
        for name, pieces in (
            ("blocks", lambda projection: projection.blocks(attributes=True)),
            ("tiny", lambda projection: projection.blocks(100, attributes=True)),
            ("whole", lambda projection: projection.read(attributes=True)),
        ):
            projections = {pair: pieces(system.projection(*pair)) for pair in system.projection_names}
            write_system(tmp_path / name, system.population_ranges, projections)
    sizes = {name: (tmp_path / name / "connections.h5").stat().st_size for name in ("blocks", "tiny", "whole")}
    assert sizes["blocks"] < 3 * sizes["whole"]
    assert sizes["tiny"] < 5 * sizes["whole"]
