"""What each rank does in ``test_subsets.py``: a part of a system on all ranks is that of one process."""

from __future__ import annotations

import os
import sys

import numpy as np
from mpi4py import MPI

from livn_core import System
from livn_core.errors import InvalidArgumentError

COMM = MPI.COMM_WORLD


def main(path: str) -> None:
    """Compare both."""
    with System(path, comm=COMM) as whole, System(path) as alone:
        here, there = (one.subset(method="radius", radius=15) for one in (whole, alone))
        assert here.gids.tolist() == there.gids.tolist()
        for pair in here.projection_names:
            compare(here.projection(*pair), there.projection(*pair))
        assert np.array_equal(here.connectivity_matrix(), there.connectivity_matrix())
        cells = COMM.allgather([gid for gid, _ in here.coordinates("EXC")])
        assert sorted(sum(cells, [])) == there.population_gids("EXC").tolist()  # noqa: RUF017 - a handful
        try:
            here.write("never")
        except InvalidArgumentError as error:
            assert "one process" in str(error)  # noqa: PT017 - no pytest on ranks
        else:
            raise AssertionError("several ranks wrote one system")
    os.write(1, f"rank {COMM.rank} done\n".encode())  # in one piece, as launchers mix what ranks say


def compare(here, there):
    """One projection."""
    assert here.n_edges == there.n_edges
    assert here.in_degree().tolist() == there.in_degree().tolist()
    assert here.out_degree().tolist() == there.out_degree().tolist()
    assert here.degree_statistics() == there.degree_statistics()
    edges, expected = here.read(attributes=True), there.read(attributes=True)
    assert edges.pre_gids.tolist() == expected.pre_gids.tolist()
    own = list(here.blocks(40, local=True))
    assert COMM.allreduce(sum(map(len, own))) == len(expected)
    assert all(gid % COMM.size == COMM.rank for block in own for gid in block.post_gids.tolist())


if __name__ == "__main__":
    main(sys.argv[1])
