"""Public systems, which are downloaded when they are asked for."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from livn_core.errors import BackendConnectionError, InvalidArgumentError, MissingPackageError, SystemNotFoundError
from livn_core.system import _remote, make, predefined


def test_a_public_system_that_is_not_here_is_downloaded_once(mirror, two_pops, contents):
    path = Path(predefined("EI"))
    assert path == Path("systems", "graphs", "EI")
    assert contents(path) == contents(two_pops)
    asked = mirror.asked
    assert predefined("EI") == str(path)
    with make("EI") as system:
        assert system.num_neurons == 28
    assert mirror.asked == asked


def test_a_public_system_is_downloaded_again_where_that_is_asked_for(mirror, two_pops, tmp_path):
    path = Path(predefined("EI", tmp_path / "there"))
    (two_pops / "graph.json").write_text("{}")
    assert (path / "graph.json").read_text() != "{}"
    assert predefined("EI", tmp_path / "there", force=True) == str(path)
    assert (path / "graph.json").read_text() == "{}"
    with pytest.raises(InvalidArgumentError, match="'two_pops' cannot be downloaded; the public systems are E, E_b"):
        predefined("two_pops", force=True)


def test_a_name_that_is_not_public_is_not_asked_for(mirror):
    with pytest.raises(SystemNotFoundError, match="Did you mean EI"):
        predefined("EII")
    with pytest.raises(InvalidArgumentError):
        predefined("../EI")
    assert mirror.asked == 0


def test_a_server_of_systems_is_not_downloaded_from(mirror, monkeypatch):
    monkeypatch.setattr("livn_core.system._places.server_in_play", lambda _: True)
    monkeypatch.setattr("livn_core.system._predefined.server_in_play", lambda _: True)
    assert predefined("EI") == predefined("EI", force=True) == str(Path("systems", "graphs", "EI"))
    assert mirror.asked == 0
    assert not Path("systems").exists()


def test_a_download_that_breaks_off_says_so_and_is_continued(mirror, two_pops, contents):
    mirror.breaks = {"graph.h5": 99}
    with pytest.raises(BackendConnectionError, match=r"(?s)Nor could it be downloaded: .*; what has arrived is kept"):
        predefined("EI")
    mirror.breaks = {}
    assert contents(predefined("EI")) == contents(two_pops)


@pytest.mark.parametrize(("name", "generated"), [("EI", True), ("S1", False)])
def test_without_a_network_the_ways_out_are_named(mirror, name, generated):
    mirror.shutdown()
    mirror.server_close()
    with pytest.raises(BackendConnectionError, match=f"there is no system '{name}' in") as caught:
        predefined(name)
    ways = str(caught.value).partition("What else there is:")[2]
    assert f"livn systems fetch ADDRESS --name {name}" in ways
    assert ("livn systems generate EI: make one like it" in ways) is generated
    assert all(variable in ways for variable in ("LIVN_SYSTEMS:", "LIVN_SYSTEMS_SOURCE:", "LIVN_HSDS:"))


@pytest.mark.parametrize("absent", ["fsspec", "aiohttp"])
def test_without_what_downloads_it_says_what_to_install(mirror, monkeypatch, absent):
    monkeypatch.setitem(sys.modules, absent, None)
    with pytest.raises(MissingPackageError, match=rf"this needs {absent}; pip install \"livn-core\[fetch\]\""):
        predefined("EI")


def test_a_server_that_never_answers_is_given_up(mirror, monkeypatch):
    monkeypatch.setattr(_remote, "PATIENCE", 0.2)
    mirror.wait = 1.0
    pytest.importorskip("fsspec").filesystem("http").clear_instance_cache()
    with pytest.raises(BackendConnectionError):
        predefined("EI")


def test_several_processes_download_it_once(mirror, two_pops, tmp_path, contents, left_in, run_at_once):
    mirror.wait = 0.05
    run_at_once(predefined, "EI", tmp_path / "here")
    assert contents(tmp_path / "here" / "systems" / "graphs" / "EI") == contents(two_pops)
    assert left_in() == ["EI"]
    assert sum(start == 0 for name, start, _ in mirror.log if name == "mea.json") == 1
