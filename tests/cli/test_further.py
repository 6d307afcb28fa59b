"""``livn systems stats``, ``livn systems cut`` and ``livn plot``."""

from __future__ import annotations

import json
import re
from itertools import chain
from pathlib import Path

import pytest

from livn_core import System, predefined

pytest.importorskip("h5py")


@pytest.fixture
def cells():
    with System(predefined("EI1")) as system:
        yield system


def test_statistics(run):
    done = run("systems", "stats", "EI1")
    assert done.returncode == 0, done.stderr
    assert "EI1: 10 cells, 4 projections" in done.stdout
    assert "EXC -> INH" in done.stdout


def test_statistics_for_programs(run, cells):
    found = json.loads(run("systems", "stats", "EI1", "--json").stdout)
    assert found["populations"] == {"EXC": 8, "INH": 2}
    one = found["projections"][0]
    expected = cells.projection("EXC", "EXC").degree_statistics()
    assert one["degrees"]["n_edges"] == expected.n_edges
    assert one["degrees"]["probability"] == expected.probability
    assert one["distances"]["edges"] == cells.distance_statistics("EXC", "EXC").edges.tolist()
    assert len(one["distances"]["probability"]) == len(one["distances"]["bins"]) - 1


@pytest.mark.parametrize(
    ("arguments", "how"),
    [
        (["all", "--radius", "15", "--center", "20,20"], {"method": "radius", "radius": 15, "center": [20, 20]}),
        (["all", "--bounds", "0,0:20,40"], {"method": "box", "bounds": [[0, 0], [20, 40]]}),
        (["all", "--layer", "2D"], {"method": "layer", "layer": "2D"}),
        (["3", "--method", "nearest", "--center", "0,0,0"], {"spec": 3, "method": "nearest", "center": [0, 0, 0]}),
        (["0.5", "--method", "random", "--seed", "7"], {"spec": 0.5, "method": "random", "seed": 7}),
        (["4", "--populations", "EXC"], {"spec": 4, "populations": ["EXC"]}),
        (['{"EXC": [1, 5], "INH": 1}'], {"spec": {"EXC": [1, 5], "INH": 1}}),
    ],
)
def test_cut(run, work, cells, arguments, how):
    done = run("systems", "cut", "EI1", arguments[0], "part", *arguments[1:])
    assert done.returncode == 0, done.stderr
    expected = cells.subset(**how)
    with System(work / "part") as part:
        origin = [
            part.cell_attributes(name, "Origin")["gid"].values.tolist()
            for name in part.populations
            if part.population_count(name)
        ]
        assert list(chain.from_iterable(origin)) == expected.gids.tolist()
        assert part.summary()["num_edges"] == expected.summary()["num_edges"]
    assert f"{expected.num_neurons} of 10 cells" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        (["99"], 1, "asks for 99 cells, but there are 10"),
        (["no-such-selection"], 1, "there is no stored selection 'no-such-selection'"),
        (['{"EXC": '], 2, "is not valid JSON"),
        (["all", "--center", "1,b"], 2, "is no point"),
        (["all", "--center", "1,1"], 1, "center belongs to method='radius' or method='nearest'"),
        (["3", "--radius", "1"], 1, "takes every cell of its region"),
        (["0"], 1, "nothing is selected"),
    ],
)
def test_what_cannot_be_cut(run, work, arguments, code, problem):
    done = run("systems", "cut", "EI1", arguments[0], "part", *arguments[1:])
    assert done.returncode == code
    assert problem in done.stderr
    assert "Traceback" not in done.stderr
    assert list(work.iterdir()) == []


def test_nothing_is_replaced_unless_asked(run):
    assert run("systems", "cut", "EI1", "5", "part").returncode == 0
    again = run("systems", "cut", "EI1", "5", "part")
    assert again.returncode == 1
    assert "exists already" in again.stderr
    assert run("systems", "cut", "EI1", "5", "part", "--overwrite", "--compression", "4").returncode == 0


def test_pictures(run, work):
    pytest.importorskip("matplotlib")
    done = run("plot", "EI1", "--kind", "all", "--out", "pictures", "--dpi", "40")
    assert done.returncode == 0, done.stderr
    names = sorted(one.name for one in (work / "pictures").iterdir())
    assert names == [f"EI1-{kind}.png" for kind in ("cells", "degrees", "distance", "matrix", "populations")]
    assert done.stdout.split() == [f"pictures/{name}" for name in sorted(names, key=done.stdout.index)]
    assert run("plot", "EI1", "--dpi", "40").stdout.strip() == "EI1-cells.png"
    assert run("plot", "EI1", "--select", "3", "--out", "part.svg").returncode == 0
    assert "<svg" in (work / "part.svg").read_text()


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--out", "x.foo"], "no picture is written as .foo"),
        (["--out", "x.png", "--kind", "all"], "several pictures need a directory"),
        (["--radius", "0", "--center", "1,1"], "nothing to draw"),
    ],
)
def test_what_cannot_be_drawn(run, work, arguments, problem):
    pytest.importorskip("matplotlib")
    done = run("plot", "EI1", *arguments)
    assert done.returncode == 1
    assert problem in done.stderr
    assert not [one for one in work.iterdir() if one.is_file()]


@pytest.mark.parametrize(
    "arguments",
    [
        "plot EI1 --out {}",
        "systems cut EI1 3 {}",
        "systems repack EI1 {}",
        "systems convert EI1 {} --to sonata",
        "systems convert EI1 {} --to parquet",
        "systems validate EI1 --fix {}",
        "systems generate EI1 --out {}",
    ],
)
def test_where_nothing_can_be_made_the_place_is_named(run, work, arguments):
    (work / "file").write_text("mine")
    done = run(*arguments.format("file/x.png").split())
    assert done.returncode == 1
    assert re.fullmatch(
        r"error: (\S*/)?file/x\.png cannot be made \(\S*file is no directory\); choose another path\n", done.stderr
    )
    assert [one.name for one in work.iterdir()] == ["file"]


def test_a_place_where_a_copy_cannot_be_made(run, work):
    (work / "file").write_text("mine")
    done = run("systems", "fetch", str(Path(predefined("EI1")).resolve()), "--to", "file")
    assert done.returncode == 1
    assert "file/systems/graphs/EI1 cannot be made (file is no directory); choose another path" in done.stderr


def test_list(run, work, tmp_path):
    run("systems", "cut", "EI1", "5", "systems/graphs/half")
    run("systems", "cut", "EI1", "5", str(tmp_path / "elsewhere" / "third"))
    done = run("systems", "list", "--json", LIVN_SYSTEMS=str(tmp_path / "elsewhere"))
    assert done.returncode == 0, done.stderr
    found = {one["name"]: one for one in json.loads(done.stdout)}
    assert {name: one["where"] for name, one in found.items() if one["path"]} == {
        "EI1": "package",
        "half": "working directory",
        "third": "LIVN_SYSTEMS",
    }
    half = work / "systems" / "graphs" / "half"
    assert found["half"]["size"] == sum(one.stat().st_size for one in half.rglob("*") if one.is_file())
    assert found["CA1"]["where"] == "downloadable"
    assert "livn systems fetch NAME" in run("systems", "list").stdout


def test_fetch(run, work):
    source = str(Path(predefined("EI1")).absolute())
    done = run("systems", "fetch", source, "--name", "mine")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "systems/graphs/mine"
    assert run("info", "mine").returncode == 0
    wrong = run("systems", "fetch", "no-such-system")
    assert wrong.returncode == 1
    assert "no public system; these are E, E_b" in wrong.stderr
