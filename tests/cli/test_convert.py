"""``livn systems convert``: there and back by the command line."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("h5py", reason="conversion writes with h5py")


def test_to_sonata_and_back(run, work):
    done = run("systems", "convert", "EI1", "sonata", "--to", "sonata")
    assert done.returncode == 0, done.stderr
    first, *rest = done.stdout.splitlines()
    assert first == "sonata: 10 cells in 2 populations, 42 edges in 4 projections"
    assert "dropped: mea.json: SONATA has no place for it" in rest
    back = run("systems", "convert", "sonata", "back", "--json", "--compression", "4")
    assert back.returncode == 0, back.stderr
    found = json.loads(back.stdout)
    assert found["cells"] == {"EXC": 8, "INH": 2}
    assert found["target"] == "back"
    assert found["remarks"] == []
    assert (work / "back" / "cells.h5").is_file()


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_to_tables_and_back(suffix, run, work):
    pytest.importorskip("pyarrow", reason="tables are written with pyarrow")
    assert run("systems", "convert", "EI1", "tables", "--to", suffix).returncode == 0
    assert (work / "tables" / "edges" / f"EXC--INH.{suffix}").is_file()
    files = [str(one) for one in (work / "tables").rglob(f"*.{suffix}")]
    assert run("systems", "convert", *files, "back").returncode == 0
    assert json.loads(run("info", "back", "--json").stdout)["n_edges"] == 42


def test_what_is_refused(run, work):
    (work / "empty").mkdir()
    for arguments, problem in [
        (("EI1", "x"), "say what to convert the system to: --to sonata, --to parquet or --to csv"),
        (("EI1", "x", "--to", "system"), "EI1 cannot be converted from system to system; see --from and --to"),
        (("empty", "x"), "empty: no SONATA network, table or system is there; see --from"),
        (("EI1", "EI2", "x", "--to", "csv"), "one system is converted at a time"),
    ]:
        done = run("systems", "convert", *arguments)
        assert done.returncode == 2, done.stdout
        assert problem in done.stderr
    done = run("systems", "convert", "nothing.h5", "x", "--from", "sonata")
    assert (done.returncode, done.stderr) == (1, "error: no such file or directory: nothing.h5\n")
    assert [one.name for one in work.iterdir()] == ["empty"]


def test_overwrite(run, work):
    assert run("systems", "convert", "EI1", "sonata", "--to", "sonata").returncode == 0
    again = run("systems", "convert", "EI1", "sonata", "--to", "sonata")
    assert again.returncode == 1
    assert again.stderr == "error: sonata exists already; choose another path, or pass --overwrite\n"
    assert run("systems", "convert", "EI1", "sonata", "--to", "sonata", "--overwrite").returncode == 0
