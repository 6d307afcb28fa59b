"""Which directories are systems, and which of their files are seen."""

from __future__ import annotations

import os
import sys

import pytest
from livn_ui.systems import find_system, find_systems, is_visible, resolve_inside

from livn_core.errors import ConfigError, SystemNotFoundError


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "root"
    for name in (
        "A/cells.h5",
        "A/connections.h5",
        "A/graph.json",
        "A/selection/e1.json",
        "A/params/deep/x.json",
        "A/params/x.h5",
        "A/notes.txt",
        "A/.hidden.json",
        "A/.hidden/x.json",
        "A/.hidden.h5",
        "only graph/graph.json",
        "only file/x.h5",
        "nothing/notes.txt",
        "other json/mea.json",
        ".hsds/cells.h5",
        "back\\slash/cells.h5",
        "new\nline/cells.h5",
        "C:/cells.h5",
    ):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (root / "cells.h5").touch()
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "cells.h5").touch()
    (root / "linked out").symlink_to(outside)
    (root / "linked in").symlink_to("A")
    (root / "linked hidden").symlink_to(".hsds")
    (root / "linked file").symlink_to("cells.h5")
    (root / "nowhere").symlink_to("no such")
    (root / "circle").symlink_to("circle")
    return root


def test_systems_are_found(root):
    assert [system.name for system in find_systems(root)] == ["A", "linked in", "only file", "only graph"]
    assert all(find_system(root, system.name) == system for system in find_systems(root))
    assert [system.path for system in find_systems(root)][:1] == [root / "A"]


def test_files_are_found(root):
    system = find_system(root, "A")
    assert system.h5_files == ("cells.h5", "connections.h5")
    assert system.sidecars == ("graph.json", "params/deep/x.json", "selection/e1.json")
    assert system.refused == ()
    assert find_system(root, "linked in").sidecars == system.sidecars


def test_links_to_files(root, tmp_path):
    folder = root / "A"
    (folder / "a.h5").symlink_to("../cells.h5")
    (folder / "b.h5").symlink_to(tmp_path / "outside" / "cells.h5")
    (folder / "c.h5").symlink_to("../.hsds/cells.h5")
    (folder / "d.h5").symlink_to("notes.txt")
    (folder / "e.h5").symlink_to("nothing at all")
    (folder / "a.json").symlink_to("selection/e1.json")
    (folder / "b.json").symlink_to("cells.h5")
    (folder / "folder").symlink_to("params")
    (folder / "round").symlink_to("..")
    os.mkfifo(folder / "pipe.h5")
    (folder / "dir.h5").mkdir()
    system = find_system(root, "A")
    assert system.h5_files == ("a.h5", "cells.h5", "connections.h5")
    assert system.refused == ("b.h5", "c.h5", "d.h5")
    assert system.sidecars == ("a.json", "graph.json", "params/deep/x.json", "selection/e1.json")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems know no such names")
def test_a_name_that_is_no_text(root):
    name = os.fsdecode(b"\xff")
    (root / name).mkdir()
    (root / name / "cells.h5").touch()
    (root / "A" / f"{name}.json").touch()
    assert len(find_systems(root)) == 4
    assert len(find_system(root, "A").sidecars) == 3


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        ".hsds",
        "B",
        "a",
        "nothing",
        "../root/A",
        "A/",
        "A/selection",
        "A\0",
        "linked out",
        "nowhere",
        "circle",
    ],
)
def test_there_is_no_such_system(root, name):
    with pytest.raises(SystemNotFoundError, match="no system"):
        find_system(root, name)


def test_the_directory_is_missing(tmp_path):
    with pytest.raises(ConfigError, match=r"root_dir: .*none cannot be read"):
        find_systems(tmp_path / "none")


def test_the_root_may_be_hidden_or_a_link_itself(root, tmp_path):
    (tmp_path / ".config").mkdir()
    moved = root.rename(tmp_path / ".config" / "graphs")
    (tmp_path / "link").symlink_to(moved)
    for place in moved, tmp_path / "link":
        assert [system.name for system in find_systems(place)] == ["A", "linked in", "only file", "only graph"]


def test_a_place_is_inside(root, tmp_path):
    assert resolve_inside(root, root / "A" / ".." / "A") == root / "A"
    assert resolve_inside(root, root) == root
    assert resolve_inside(root, tmp_path) is None
    assert resolve_inside(root, root.with_name("root2")) is None
    assert resolve_inside(root, root / "\0") is None


@pytest.mark.parametrize(
    ("name", "visible"), [("ä b.json", True), ("a" * 255, True), ("ä" * 128, False), ("~", True), ("a\x7f", False)]
)
def test_names(name, visible):
    assert is_visible(name) is visible
