"""Finding and fetching systems by name."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from livn_core.backends import default_backends, use_backend
from livn_core.errors import InvalidArgumentError, SystemNotFoundError
from livn_core.locations import cache_root
from livn_core.system import PREDEFINED, System, available, fetch, make, predefined


@pytest.fixture
def places(tmp_path, monkeypatch, two_pops):
    """An empty working directory, two directories of LIVN_SYSTEMS and a cache, and a function that fills them."""
    work, one, two, cache = (tmp_path / name for name in ("work", "one", "two", "cache"))
    for directory in (work, one, two, cache):
        directory.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.delenv("LIVN_HSDS", raising=False)
    monkeypatch.setenv("LIVN_SYSTEMS", os.pathsep.join([str(one), "", str(two)]))
    for variable in ("XDG_CACHE_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(variable, str(cache))
    roots = {"work": work / "systems" / "graphs", "one": one, "two": two, "cache": cache / "livn" / "systems"}
    if sys.platform == "darwin":
        roots["cache"] = cache / "Library" / "Caches" / "livn" / "systems"

    def put(place, name):
        return shutil.copytree(two_pops, roots[place] / name)

    return put


def test_nearest_place_wins(places):
    found = []
    for place in ("cache", "two", "one", "work"):
        put = places(place, "Mine")
        assert Path(predefined("Mine")).resolve() == put.resolve()
        found.append(predefined("Mine"))
    assert len(set(found)) == 4
    assert predefined("Mine") == os.path.join("systems", "graphs", "Mine")  # noqa: PTH118
    assert available()["Mine"] == predefined("Mine")


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="the rule is that of XDG")
@pytest.mark.parametrize("given", ["", "relative", "./here", "~/cache"])
def test_a_cache_without_an_absolute_path_is_the_usual_one(given, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", given)
    assert cache_root() == tmp_path / ".cache" / "livn"


def test_directory_without_its_files_is_passed_over(places):
    real = places("two", "Mine")
    places("work", "Mine").joinpath("graph.h5").unlink()
    assert predefined("Mine") == str(real)


def test_make_opens_by_name(places, backend):
    places("one", "Mine")
    with make("Mine", backend=backend) as system:
        assert isinstance(system, System)
        assert (system.name, system.num_neurons) == ("Mine", 28)


def test_unknown_name_says_where_it_looked_and_what_there_is(places, tmp_path):
    places("one", "Mine")
    with pytest.raises(SystemNotFoundError, match="there is no system 'Yours' in") as caught:
        predefined("Yours")
    message = str(caught.value)
    assert f"\n  {tmp_path / 'one'}\n  {tmp_path / 'two'}\n" in message
    assert "systems found there: " in message
    assert "Mine" in message
    assert f"The public systems are {', '.join(PREDEFINED)}" in message


def test_public_name_is_looked_for_in_the_mirror(places, tmp_path, monkeypatch):
    """Which may be a directory, and then takes no packages."""
    monkeypatch.setenv("LIVN_SYSTEMS_SOURCE", str(tmp_path / "mirror"))
    with pytest.raises(SystemNotFoundError, match=r"(?s)'CA1d' in\n.*Nor could it be downloaded: .*no such directory"):
        predefined("CA1d")
    shutil.copytree(places("one", "Mine"), tmp_path / "mirror" / "CA1d")
    assert predefined("CA1d") == str(Path("systems", "graphs", "CA1d"))
    assert available()["CA1d"] == predefined("CA1d")


def test_server_needs_no_local_files(places, monkeypatch):
    if "h5pyd" not in default_backends().names:
        pytest.skip("pip install livn-h5pyd")
    monkeypatch.setenv("LIVN_HSDS", "whatever it says")
    assert predefined("EI1") == os.path.join("systems", "graphs", "EI1")  # noqa: PTH118
    assert not Path("systems").exists()


def test_server_is_out_of_play_where_another_backend_is_named(places, monkeypatch):
    expected = predefined("EI1")
    monkeypatch.setenv("LIVN_HSDS", "whatever it says")
    assert predefined("EI1", backend="h5py") == expected
    with use_backend("h5py"):
        assert predefined("EI1") == expected
    monkeypatch.setenv("LIVN_H5_BACKEND", "h5py")
    assert predefined("EI1") == expected


def test_system_is_a_path_and_says_so(places):
    places("one", "Mine")
    with pytest.raises(SystemNotFoundError, match=r"Mine: there is no system there .*: System\(predefined\('Mine'\)\)"):
        System("Mine").populations  # noqa: B018


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../EI1", "a\\b"])
def test_path_is_no_name(places, name):
    with pytest.raises(InvalidArgumentError, match=r"is not the name of a system; for a path, use System\(path\)"):
        predefined(name)


def test_fetch_copies_a_directory(two_pops, tmp_path):
    path = fetch(two_pops, tmp_path / "dish", name="copy")
    assert path == str(tmp_path / "dish" / "systems" / "graphs" / "copy")
    with System(path) as system:
        assert (system.num_neurons, system.selections()) == (28, ["e1", "other"])
    assert predefined("copy", tmp_path / "dish") == path
    assert [entry.name for entry in Path(path).parent.iterdir()] == ["copy"]


def test_fetch_keeps_what_is_there_unless_forced(two_pops, tmp_path):
    path = Path(fetch(two_pops, tmp_path))
    assert path.name == "two_pops"
    (path / "mark").touch()
    fetch(two_pops, tmp_path)
    assert (path / "mark").exists()
    fetch(two_pops, tmp_path, force=True)
    assert not (path / "mark").exists()
    assert [entry.name for entry in path.parent.iterdir()] == ["two_pops"]


def test_what_cannot_be_replaced_stays(two_pops, tmp_path, monkeypatch):
    path = Path(fetch(two_pops, tmp_path))
    (path / "mark").touch()
    rename = Path.rename

    def rename_or_fail(one, target):
        if target == path and not one.name.endswith(".replaced"):
            raise PermissionError(13, "provoked")
        return rename(one, target)

    monkeypatch.setattr(Path, "rename", rename_or_fail)
    with pytest.raises(PermissionError, match="provoked"):
        fetch(two_pops, tmp_path, force=True)
    assert (path / "mark").exists()
    assert [entry.name for entry in path.parent.iterdir()] == ["two_pops"]


def test_fetch_reads_what_fsspec_reads(two_pops, tmp_path):
    pytest.importorskip("fsspec")
    path = Path(fetch(two_pops.as_uri(), tmp_path, name="far"))
    assert sorted(file.relative_to(path) for file in path.rglob("*")) == sorted(
        file.relative_to(two_pops) for file in two_pops.rglob("*")
    )
    assert (path / "graph.h5").read_bytes() == (two_pops / "graph.h5").read_bytes()


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_fetch_leaves_nothing_behind_when_it_fails(tmp_path, scheme):
    if scheme:
        pytest.importorskip("fsspec")
    (tmp_path / "empty" / "sub").mkdir(parents=True)
    (tmp_path / "empty" / "sub" / "a.txt").touch()
    old = tmp_path / "systems" / "graphs" / "empty"
    for source, sentence in (("absent", "there is no such directory"), ("empty", "is no system: it has neither")):
        with pytest.raises(SystemNotFoundError, match=sentence):
            fetch(f"{scheme}{tmp_path / source}", tmp_path, force=True)
    assert not old.exists()
    old.mkdir()
    with pytest.raises(SystemNotFoundError):
        fetch(f"{scheme}{tmp_path / 'empty'}", tmp_path, force=True)
    assert [entry.name for entry in old.parent.iterdir()] == ["empty"]


def test_fetch_does_not_replace_what_is_no_system(two_pops, tmp_path):
    target = tmp_path / "systems" / "graphs" / "two_pops"
    target.mkdir(parents=True)
    with pytest.raises(InvalidArgumentError, match="two_pops: is there already, but is no system; give another name="):
        fetch(two_pops, tmp_path)
    assert list(target.iterdir()) == []


def test_fetch_of_an_unknown_scheme(tmp_path):
    pytest.importorskip("fsspec")
    with pytest.raises(InvalidArgumentError, match="nowhere://x/EI1: ") as caught:
        fetch("nowhere://me:hunter2@x/EI1?token=hunter2", tmp_path)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("name", ["..", "a/b"])
def test_fetch_to_a_name_only(two_pops, tmp_path, name):
    with pytest.raises(InvalidArgumentError, match="does not say what to call the copy"):
        fetch(two_pops, tmp_path, name=name)
