"""``livn systems index``, from the outside."""

from __future__ import annotations

import json
import shutil
from importlib.util import find_spec

import numpy as np
import pytest

import livn_core

pytestmark = pytest.mark.skipif(find_spec("livn_pyfive") is None, reason="pip install livn-pyfive")


@pytest.fixture
def system(work):
    return shutil.copytree(livn_core.predefined("EI1"), work / "mine")


def test_every_projection_of_a_system(run, system):
    done = run("systems", "index", "mine", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    made = json.loads(done.stdout)
    assert {one["index"] for one in made} == {str(one) for one in system.glob("*.outedges")}
    with livn_core.System(str(system)) as opened:
        assert [(one["pre"], one["post"]) for one in made] == list(opened.projection_names)
        for one in made:
            projection = opened.projection(one["pre"], one["post"])
            found, expected = (projection.out_edges(projection.pre.start, index=wish) for wish in (True, False))
            assert np.array_equal(found.post_gids, expected.post_gids)
            assert one["n_edges"] == projection.n_edges


def test_one_file_and_the_cache(run, system, tmp_path):
    done = run("systems", "index", "mine/connections.h5", "--where", "cache")
    assert done.returncode == 0
    assert "EXC -> INH" in done.stdout
    assert list(system.glob("*.outedges")) == []
    assert list((tmp_path / "cache" / "livn" / "indexes").glob("*/*.outedges"))


def test_what_is_not_on_this_machine(run, system):
    done = run("systems", "index", "mine", "--backend", "h5py")
    assert done.returncode == 1
    assert "only edges that are read from a file on this machine" in done.stderr
