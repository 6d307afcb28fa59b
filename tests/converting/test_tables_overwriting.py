"""Tables in the place of others: what was there goes when the new ones stand, and not before."""

from __future__ import annotations

from pathlib import Path

import pytest

from livn_core import predefined
from livn_core.converting import to_tables
from livn_core.errors import InvalidArgumentError

pytest.importorskip("pyarrow", reason="tables are read and written with pyarrow")


def contents(folder):
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


@pytest.fixture
def old(tmp_path):
    """Tables of EI1, beside which somebody keeps notes."""
    folder = tmp_path / "here" / "tables"
    to_tables(predefined("EI1"), folder)
    (folder / "cells" / "notes").mkdir()
    (folder / "cells" / "notes" / "E.csv").write_text("mine")
    return folder


@pytest.mark.parametrize("failing", [1, 2])
def test_a_failure_while_overwriting_loses_nothing(failing, old, odd, monkeypatch):
    before, rename, calls = contents(old), Path.rename, []

    def rename_or_fail(path, target):
        calls.append(path)
        if len(calls) == failing:
            raise PermissionError(13, "provoked")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", rename_or_fail)
    with pytest.raises(PermissionError, match="provoked"):
        to_tables(odd, old, overwrite=True)
    assert contents(old) == before
    assert list(old.parent.iterdir()) == [old], "and nothing is left beside it"
    to_tables(odd, old, overwrite=True)
    assert sorted(contents(old)) == ["cells/Alpha.parquet", "cells/Empty.parquet", "cells/Zeta.parquet",
                                     "cells/notes/E.csv", "edges/Alpha--Zeta.parquet"]  # fmt: skip
    assert list(old.parent.iterdir()) == [old]


def test_old_tables_are_there_until_the_new_ones_are(old, odd, monkeypatch):
    removed = []

    def rmtree(path, **_):
        if path.name.endswith(".replaced"):
            removed.append((contents(old), contents(path)))

    before = contents(old)
    monkeypatch.setattr("livn_core.writing._atomic.shutil.rmtree", rmtree)
    to_tables(odd, old, overwrite=True)
    [(new, left)] = removed
    assert left == before
    assert "cells/Zeta.parquet" in new


def test_overwriting_without_links_and_behind_one(old, odd, tmp_path, monkeypatch):
    def link(*_):
        raise OSError("no links here")

    monkeypatch.setattr("os.link", link)
    (tmp_path / "link").symlink_to(old)
    to_tables(odd, tmp_path / "link", overwrite=True)
    assert (tmp_path / "link").is_symlink()
    assert (old / "cells" / "notes" / "E.csv").read_text() == "mine"
    assert (old / "cells" / "Zeta.parquet").exists()


def test_overwriting_what_is_no_directory_of_tables(odd, tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "cells").write_text("mine")
    for name, problem in {"file": "is no directory", "folder": "cannot be kept beside the tables"}.items():
        with pytest.raises(InvalidArgumentError, match=problem):
            to_tables(odd, tmp_path / name, overwrite=True)
    assert contents(tmp_path).keys() >= {"file", "folder/cells"}


def test_overwriting_leaves_no_tables_of_another_system(odd, tmp_path):
    to_tables(predefined("EI1"), tmp_path / "tables", format="csv")
    (tmp_path / "tables" / "notes.txt").write_text("mine")
    with pytest.raises(InvalidArgumentError, match="exists already"):
        to_tables(odd, tmp_path / "tables")
    to_tables(odd, tmp_path / "tables", overwrite=True)
    left = sorted(str(one.relative_to(tmp_path / "tables")) for one in (tmp_path / "tables").rglob("*.*"))
    assert left == ["cells/Alpha.parquet", "cells/Empty.parquet", "cells/Zeta.parquet", "edges/Alpha--Zeta.parquet",
                    "notes.txt"]  # fmt: skip
