"""Paths that try to get out: none does, none makes the server fail, none makes it wait."""

from __future__ import annotations

import itertools
import random
from urllib.parse import quote

import pytest
from livn_ui.companion import opening

UP = [
    "..",
    "%2e%2e",
    ".%2E",
    "%2e.",
    "%252e%252e",
    "%25252e%25252e",
    "..%00",
    "%00..",
    "..%20",
    "..;",
    "..;a=b",
    "...",
    "....",
    ".",
    "",
    "%c0%ae%c0%ae",  # overlong UTF-8
    "%e0%80%ae%e0%80%ae",
    "%c0.%c0.",
    "%uff0e%uff0e",
    "%ef%bc%8e%ef%bc%8e",  # full-width dots, which NFKC makes ordinary
    "%e2%80%a5",  # two-dot leader, the same
    "%2e%2e%0d%0a",
    "~",
]
SLASH = ["/", "%2f", "%2F", "%252f", "\\", "%5c", "%255c", "//", "/./", "%c0%af", "%ef%bc%8f", "%e2%88%95", "/%2f"]
BASE = ["/files/EI1", "/files/EI1/selection", "/files", "/systems", "/systems/EI1", ""]
TARGET = [
    "secret.json",
    "root2/secret.json",
    "root2/EI1/graph.json",
    ".hsds/secret.json",
    "etc/hostname",
    "EI1/.secret.json",
]

SEEDS = [
    "/files/.hsds/secret.json",
    "/files/.hsds/graph.json",
    "/files/%2ehsds/secret.json",
    "/files/.hsds/.run/passwd.txt",
    "/files/EI1/.secret.json",
    "/files/EI1/%2esecret.json",
    "/files/EI1/.hidden/secret.json",
    "/files/EI1/selection/../.hidden/secret.json",
    "/files/EI1/out.json",
    "/files/EI1/absolute.json",
    "/files/EI1/hidden.json",
    "/files/EI1/passwd.json",
    "/files/EI1/sibling/graph.json",
    "/files/EI1/up/secret.json",
    "/files/EI1/up/EI1/graph.json",
    "/files/EI1/up/.hsds/secret.json",
    "/files/EI1/raw.json",
    "/files/EI1/out.h5",
    "/files/EI1/raw/secret.h5",
    "/files/EI1/secret.txt",
    "/files/EI1/secret.json.bak",
    "/files/EI1/secret.txt%00.json",
    "/files/EI1/secret.txt?.json",
    "/files/EI1/secret.txt;.json",
    "/files/EI1/secret.json::$DATA",
    "/files/EI1/graph.json::$DATA",
    "/files/EI1/loop.json",
    "/files/EI1/nowhere.json",
    "/files/EI1/folder.json",
    "/files/EI1/folder.json/",
    "/files/EI1/pipe.json",
    "/files/EI1/socket.json",
    "/files/EI1/graph.json/",
    "/files/EI1/graph.json/x.json",
    "/files/EI1/graph.json/../../../secret.json",
    "/files/EI1//graph.json",
    "//files/EI1/graph.json",
    "/files//EI1/graph.json",
    "/files/EI1",
    "/files/EI1/",
    "/files/",
    "/files",
    "/files/ei1/graph.json",
    "/files/EI1/GRAPH.JSON",
    "/files/EI1%2fgraph.json",
    "/files%2fEI1%2fgraph.json",
    "/files/EI1/selection%2fe1.json",
    "/files/EI1/selection%5ce1.json",
    "/files/EI1/selection\\e1.json",
    "/files/linked%20out/graph.json",
    "/files/linked%20hidden/secret.json",
    "/files/linked%20up/secret.json",
    "/files/linked%20up/root2/secret.json",
    "/files/linked%20in/out.json",
    "/files/root2/secret.json",
    "/files/secret.json",
    "/files/empty/secret.txt",
    "/files/no%20system/x.json",
    "/files/Gro%CC%88%C3%9Fe/graph.json",  # the same name, decomposed
    "/files/Gr%F6%DFe/graph.json",  # in Latin-1
    "/files/%ff%fe/graph.json",
    "/files/%ed%b0%80/graph.json",  # a lone surrogate
    "/files/EI1/%zz.json",
    "/files/EI1/%",
    "/files/EI1/%2",
    "/files/EI1/a\x7fb.json",
    "/files/EI1/%0agraph.json",
    "/files/EI1/graph.json%0d%0aX: y",
    "/files/EI1/%e2%80%ae.json",
    "/files/EI1/" + "a" * 300 + ".json",
    "/files/" + "a" * 5000 + "/graph.json",
    "/files/" + "a" * 200_000 + "/graph.json",
    "/files/EI1/" + "a/" * 2000 + "x.json",
    "/files/EI1/" + "../" * 2000 + "etc/hostname",
    "/files/EI1/" + "%2e%2e/" * 200 + "etc/hostname",
    "/files/EI1/file:///etc/hostname",
    "/files/EI1//etc/hostname",
    "/files/EI1/%2fetc%2fhostname",
    "/files//etc/hostname",
    "/files/C:/secret.json",
    "/files/C:%5csecret.json",
    "/files/%5c%5clocalhost%5croot2/secret.json",
    "/files/EI1/CON.json",
    "/files/EI1/*.json",
    "/files/*/graph.json",
    "/files/{system}/graph.json",
    "/systems/.hsds",
    "/systems/%2ehsds",
    "/systems/linked%20out",
    "/systems/linked%20up",
    "/systems/..",
    "/systems/%2e%2e%2froot2",
    "/systems/root2",
    "/systems/no%20system",
    "/systems/",
    "/systems/EI1/",
    "/systems/EI1/graph.json",
    "/health/",
    "/proc/self/environ",
    "http://localhost/files/../secret.json",
    "http://localhost/files/EI1/out.json",
    "http://localhost//files/EI1/graph.json",
    "http://",
    "https://x",
    "file:///etc/hostname",
    "*",
    "files/EI1/graph.json",
    "?/files/EI1/graph.json",
    "#/files/EI1/graph.json",
    "/files/EI1/graph.json#x",
]
LEGAL_BUT_NO_FILE = {"http://", "https://x", "?/files/EI1/graph.json"}  # all of them mean "/"


def made() -> list[str]:
    """Every way up in every spelling, of three depths, from every place, to every target."""
    every = list(itertools.product(BASE, UP, SLASH, (1, 2, 3), TARGET))
    chosen = random.Random(0).sample(every, 900)
    paths = [f"{base}{slash}{(up + slash) * depth}{target}" for base, up, slash, depth, target in chosen]
    return sorted(set(paths))


def check(server, secret, path):
    answer = server.ask(path)
    assert secret.encode() not in answer.raw, path
    assert b"root:x:" not in answer.raw, path
    if path in LEGAL_BUT_NO_FILE:
        assert answer.status == 200
        return
    # No way up is part of any path that is served, not even one that would come out inside again.
    assert answer.status in {400, 403, 404}, (path, answer)
    assert set(answer.json) == {"status", "error"}, path
    assert answer.json["status"] == answer.status
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_tree_is_as_dangerous_as_it_looks(tree, secret, server):
    """Otherwise these tests would pass on any server."""
    reachable = (
        "../../secret.json",
        "out.json",
        "absolute.json",
        "hidden.json",
        "passwd.json",
        "sibling/graph.json",
        "raw.json",
        "out.h5",
        ".secret.json",
        "../../root2/EI1/graph.json",
        "../linked out/graph.json",
        "../linked up/secret.json",
    )
    for name in reachable:
        assert secret in (tree / "EI1" / name).read_text()
    assert server.ask("/files/EI1/selection/e1.json").body == b'{"seen": true}'
    assert server.ask("/files/EI1/inside.json").body == b'{"seen": true}'
    assert server.ask("/files/linked%20in/selection/e1.json").body == b'{"seen": true}'
    assert server.ask("/files/EI1/params/deep/a%20b%2520%C3%BC.json").json == [1]


@pytest.mark.parametrize("path", SEEDS)
def test_a_seed_stays_outside(server, secret, path):
    check(server, secret, path)


def test_every_spelling_stays_outside(server, secret):
    paths = made()
    assert len(paths) > 800
    for path in paths:
        check(server, secret, path)
    assert server.ask("/health").json["status"] == "ok"


def test_bytes_that_are_no_text(server, secret):
    draw = random.Random(1)
    for _ in range(200):
        name = bytes(draw.randrange(33, 256) for _ in range(draw.randrange(1, 40)))
        answer = server.ask(b"/files/EI1/" + name + b".json")
        assert answer.status in {400, 404}, name
        assert secret.encode() not in answer.raw
    assert server.ask("/health").json["status"] == "ok"


def test_names_in_listings_are_those_that_are_served(server, secret):
    names = server.ask("/systems").json
    assert names == ["EI1", "Größe", "broken", "linked in"]
    files = server.ask("/systems/EI1").json["files"]
    assert files == [
        "graph.json",
        "inside.json",
        "mea.json",
        "params/deep/a b%20ü.json",
        "provenance.json",
        "selection/e1.json",
    ]
    for method in "GET", "HEAD":
        for name in names:
            answer = server.ask(f"/systems/{quote(name)}", method)
            assert answer.status == 200
            assert secret.encode() not in answer.raw


@pytest.mark.parametrize("part", ["folder", "file"])
def test_a_link_that_is_put_in_between(companion, client, tree, secret, monkeypatch, part):
    """Between the check of a path and its opening, which no client could time, a link takes its place."""
    folder = tree / "EI1" / f"swapped {part}"
    folder.mkdir()
    (folder / "graph.json").write_text("{}")
    opened = opening._open

    def open_late(root, parts):
        victim = folder if part == "folder" else folder / "graph.json"
        target = "../../root2/EI1" if part == "folder" else "../../../root2/EI1/graph.json"
        victim.rename(victim.with_name("aside"))
        victim.symlink_to(target)
        assert secret in (folder / "graph.json").read_text()
        return opened(root, parts)

    server = client(companion(tree).address)
    path = f"/files/EI1/{quote(folder.name)}/graph.json"
    assert server.ask(path).body == b"{}"
    monkeypatch.setattr(opening, "_open", open_late)
    answer = server.ask(path)
    assert answer.status == 404
    assert secret.encode() not in answer.raw
