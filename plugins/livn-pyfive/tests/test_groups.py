"""Groups with a symbol table, which are taken apart without pyfive."""

from __future__ import annotations

import struct
import subprocess
import sys

import h5py
import pytest

from livn_core.errors import FormatError

MEMBERS = 3000  # so many that the tree of the group has several levels


@pytest.fixture
def many(tmp_path):
    path = tmp_path / "many.h5"
    with h5py.File(path, "w", libver="earliest") as file:
        group = file.create_group("many")
        for number in range(MEMBERS):
            group[f"member {number:x}"] = h5py.SoftLink(f"/target {number % 2}")
        group["hard"] = 1
        file["target 0"], file["target 1"] = [10, 20], [30]
    return path


def test_groups_of_thousands_have_all_members(many, open_file):
    group = open_file(many)["many"]
    assert group.keys() == sorted([*(f"member {number:x}" for number in range(MEMBERS)), "hard"])
    assert group["member 4"][:].tolist() == [10, 20]
    assert group["member bb7"][:].tolist() == [30]


def test_groups_of_a_newer_kind_in_an_old_file(tmp_path, open_file):
    with h5py.File(tmp_path / "x.h5", "w", libver="earliest", track_order=True) as file:
        for name in "cab":
            file.create_group("ordered", track_order=True) if "ordered" not in file else None
            file[f"ordered/{name}"] = ord(name)
    ordered = open_file(tmp_path / "x.h5")["ordered"]
    assert ordered.keys() == ["a", "b", "c"]
    assert [int(ordered[name][()]) for name in "abc"] == [97, 98, 99]


@pytest.mark.parametrize("many", [0, 100])  # few are in the group's header, many in a heap
@pytest.mark.parametrize("libver", ["earliest", "latest"])
def test_a_member_in_another_file_disturbs_only_who_asks_for_it(tmp_path, open_file, libver, many):
    path = tmp_path / "links.h5"
    with h5py.File(path, "w", libver=libver) as file:
        for group in file, file.create_group("sub"):
            group["here"] = [1, 2]
            group["soft"] = h5py.SoftLink("here")
            group["away"] = h5py.ExternalLink("other.h5", "/some/where")
            for number in range(many):
                group[f"é {number}"] = number
        with_order = file.create_group("ordered", track_order=True)
        with_order["away"], with_order["here"] = h5py.ExternalLink("other.h5", "/"), 3
        names = [sorted(file), sorted(file["sub"])]
    file = open_file(path)
    assert [file.keys(), file["sub"].keys()] == names
    assert file["here"][:].tolist() == file["sub/soft"][:].tolist() == [1, 2]
    assert int(file["ordered/here"][()]) == 3
    if many:
        assert int(file["sub/é 70"][()]) == 70
    for name in "/away", "/sub/away":
        with pytest.raises(FormatError, match=f"links.h5: {name}: leads into another file, to '/some/where' in 'other"):
            file[name]
    with pytest.raises(FormatError, match=r"/ordered/away: leads into another file, to '/' in 'other\.h5'"):
        file["ordered/away/x"]


@pytest.mark.parametrize("libver", ["earliest", "latest"])
def test_a_link_of_somebodys_own_kind(tmp_path, open_file, libver):
    path = tmp_path / "links.h5"
    with h5py.File(path, "w", libver=libver) as file:
        group = file.create_group("group", track_order=libver == "earliest")
        group["own"] = h5py.ExternalLink("other.h5", "/x")
    raw = path.read_bytes()
    body = raw.index(b"own", raw.index(b"other.h5") - 20)
    kind = raw.rindex(b"\x40", 0, body)
    path.write_bytes(raw[:kind] + b"\x46" + raw[kind + 1 :])
    group = open_file(path)["group"]
    assert group.keys() == ["own"]
    with pytest.raises(FormatError, match=r"/group/own: is a link of somebody's own kind \(70\)"):
        group["own"]


def patched(path, signature, at, new):
    """Change bytes of every structure that begins with a signature."""
    data = bytearray(path.read_bytes())
    place, count = data.find(signature), 0
    while place >= 0:
        data[place + at : place + at + len(new)] = new(place) if callable(new) else new
        place, count = data.find(signature, place + 4), count + 1
    assert count
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("signature", "at", "new", "problem"),
    [
        (b"HEAP", 4, b"\7", "no heap where one should be"),
        (b"SNOD", 0, b"NODE", "no entries where some should be"),
        (b"SNOD", 24, b"\3", "a member of the unknown kind 3"),
        (b"SNOD", 6, b"\xff\xff", "damaged"),
        (b"TREE", 4, b"\1", "no node where one should be"),
        (b"TREE", 5, b"\x30", "no node where one should be"),
    ],
)
def test_a_damaged_group_is_refused(many, open_file, signature, at, new, problem):
    patched(many, signature, at, new)
    with pytest.raises(FormatError, match=problem):
        open_file(many)["many"]


def test_a_tree_that_leads_to_itself_is_refused(tmp_path, open_file):
    path = tmp_path / "circle.h5"
    with h5py.File(path, "w", libver="earliest") as file:
        file["a"] = 1
    data = bytearray(path.read_bytes())
    tree = data.index(b"TREE")
    data[tree + 5] = 1
    data[tree + 32 : tree + 40] = struct.pack("<Q", tree)
    path.write_bytes(data)
    with pytest.raises(FormatError, match="circle"):
        open_file(path)


def test_a_file_of_the_usual_kind_is_read_without_pyfive(reference):
    program = (
        "import sys; from livn_core import open_neuroh5\n"
        f"with open_neuroh5({str(reference / 'a_two_pops.h5')!r}, backend='pyfive') as file:\n"
        "    print([len(file.projection(*pair).read(attributes=True)) for pair in file.projections])\n"
        "print('pyfive' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    edges, imported = done.stdout.splitlines()
    assert edges.strip("[]")
    assert imported == "False"
