"""What is sent: whole files and parts, compressed or not, with conditions or without, to pages of other origins."""

from __future__ import annotations

import contextlib
import email
import gzip
import hashlib
import http.client
import json
import os
import random
import resource
import time
from email.utils import formatdate, parsedate_to_datetime

import pytest
from livn_ui.companion import app
from livn_ui.origins import Origins

H5 = "/files/EI1/cells.h5"
LONG = "/files/Gr%C3%B6%C3%9Fe/graph.json"
SHORT = "/files/EI1/selection/e1.json"
PAGE = "http://localhost:5173"


@pytest.fixture(scope="module", autouse=True)
def _settled(tree):
    """Validators of files that were written to just now are used once; these tests are about all others."""
    newest = max(path.stat().st_ctime for path in tree.rglob("*") if path.is_file())
    time.sleep(max(0.0, newest + 1.1 - time.time()))


@pytest.fixture(scope="module")
def content(tree):
    return (tree / "EI1" / "cells.h5").read_bytes()


def test_the_list_of_systems_is_a_plain_list(server):
    answer = server.ask("/systems")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json == ["EI1", "Größe", "broken", "linked in"]


def test_health(server):
    assert server.ask("/health").json == {"status": "ok", "version": "0.1.0", "systems": 4, "serve_h5": True}
    assert "/systems/{system}" in server.ask("/").json["endpoints"]


def test_health_without_the_directory(companion, client, tmp_path):
    (tmp_path / "root").mkdir()
    server = client(companion(tmp_path / "root").address)
    assert server.ask("/health").json["systems"] == 0
    (tmp_path / "root").rmdir()
    for path in "/health", "/systems":
        answer = server.ask(path)
        assert answer.status == 503
        assert "cannot be read" in answer.json["error"]
        assert str(tmp_path) not in answer.raw.decode()
    assert server.ask("/files/EI1/graph.json").status == 404
    (tmp_path / "root").mkdir()
    assert server.ask("/health").status == 200


def test_raw_files_are_not_handed_out_unasked(companion, client, tree):
    server = client(companion(tree).address)
    for name in "cells.h5", "nothing.h5":
        answer = server.ask(f"/files/EI1/{name}")
        assert answer.status == 403
        assert "serve_h5=true" in answer.json["error"]
    assert server.ask("/files/EI1/graph.json").status == 200
    assert server.ask("/systems/EI1").json["serve_h5"] is False


def test_a_raw_file(server, content):
    answer = server.ask(H5, Accept_Encoding="gzip")
    assert answer.body == content
    assert answer.headers["content-type"] == "application/x-hdf5"
    assert answer.headers["content-length"] == str(len(content))
    assert answer.headers["accept-ranges"] == "bytes"
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize(
    "path", [H5, LONG, SHORT, "/systems", "/systems/EI1", "/health", "/nothing", "/files/EI1/no.json"]
)
@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_head_is_get_without_the_body(server, path, coding):
    get, head = (server.ask(path, method, Accept_Encoding=coding) for method in ("GET", "HEAD"))
    for answer in get, head:
        answer.headers.pop("date")
    assert (head.status, head.headers) == (get.status, get.headers)
    assert head.raw.endswith(b"\r\n\r\n")
    assert len(head.raw) < len(get.raw)


@pytest.mark.parametrize(
    ("header", "parts"),
    [
        ("bytes=0-0", [(0, 1)]),
        ("bytes=10-99", [(10, 100)]),
        ("bytes = 10-99", [(10, 100)]),
        ("Bytes=46000-", [(46000, 46096)]),
        ("bytes=46000-99999999", [(46000, 46096)]),
        ("bytes=-1", [(46095, 46096)]),
        ("bytes=-99999999", [(0, 46096)]),
        ("bytes=0-9,20-29", [(0, 10), (20, 30)]),
        ("bytes=20-29, 0-9 ,-5", [(20, 30), (0, 10), (46091, 46096)]),
        ("bytes=0-9,99999999-", [(0, 10)]),
        ("bytes=0-19,10-29", [(0, 30)]),
        ("bytes=0-9,10-19", [(0, 10), (10, 20)]),
        ("bytes=5-9,0-100,200-209", [(0, 101), (200, 210)]),
        ("bytes=,0-9,", [(0, 10)]),
        ("bytes=" + ",".join(f"{start}-{start}" for start in range(0, 200, 2)), [(n, n + 1) for n in range(0, 200, 2)]),
    ],
)
def test_parts(server, content, header, parts):
    assert len(content) == 46096
    answer = server.ask(H5, Range=header)
    assert answer.status == 206
    assert answer.headers["content-length"] == str(len(answer.body))
    if len(parts) == 1:
        (start, stop), found = parts[0], [answer]
        assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/46096"
        assert answer.body == content[start:stop]
        return
    found = multipart(answer)
    assert [(kind, place) for kind, place, _ in found] == [
        ("application/x-hdf5", f"bytes {start}-{stop - 1}/46096") for start, stop in parts
    ]
    assert [body for *_, body in found] == [content[start:stop] for start, stop in parts]


def multipart(answer):
    """The parts of a multipart answer, as the email package of the standard library sees them."""
    kind = answer.headers["content-type"]
    assert kind.startswith("multipart/byteranges; boundary=")
    _, boundary = kind.split("boundary=")
    *parts, end = answer.body.split(f"--{boundary}".encode())[1:]
    assert end == b"--\r\n"
    found = []
    for part in parts:
        head, _, body = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        headers = email.message_from_bytes(head)
        found.append((headers["Content-Type"], headers["Content-Range"], body.removesuffix(b"\r\n")))
    return found


@pytest.mark.parametrize(
    "header",
    [
        "bytes=46096-",
        "bytes=99999999-",
        "bytes=-0",
        "bytes=5-4",
        "bytes=",
        "bytes=a-b",
        "bytes=1",
        "bytes=--1",
        "bytes=1-2-3",
        "bytes=0-9,x",
        "bytes=1.5-2",
        "bytes=+1-2",
        "bytes=²-3",
        "bytes=" + "9" * 500 + "-",
        "bytes=" + ",".join(["0-0"] * 101),
    ],
)
def test_parts_that_are_not_there(server, header):
    answer = server.ask(H5, Range=header)
    assert answer.status == 416
    assert answer.headers["content-range"] == "bytes */46096"
    assert answer.json["status"] == 416


def test_ranges_that_do_not_count(server, content):
    assert server.ask(H5, Range="lines=1-2").body == content
    assert server.ask(H5, "HEAD", Range="bytes=0-9").headers["content-length"] == str(len(content))


def test_parts_of_an_empty_file(companion, client, tree, tmp_path):
    (tmp_path / "S").mkdir()
    (tmp_path / "S" / "graph.json").touch()
    server = client(companion(tmp_path).address)
    assert server.ask("/files/S/graph.json").body == b""
    for header in "bytes=0-", "bytes=-1", "bytes=0-0":
        assert server.ask("/files/S/graph.json", Range=header).status == 416


def test_random_parts_are_those_of_the_file(server, content):
    draw = random.Random(3)
    for _ in range(60):
        cuts = sorted(draw.sample(range(len(content) + 1), 2 * draw.randrange(2, 6)))
        parts = list(zip(cuts[::2], cuts[1::2], strict=True))
        draw.shuffle(parts)
        header = "bytes=" + ",".join(f"{start}-{stop - 1}" for start, stop in parts)
        found = multipart(server.ask(H5, Range=header))
        assert [body for *_, body in found] == [content[start:stop] for start, stop in parts]


def test_a_part_of_json_is_of_the_plain_text(server, tree):
    content = (tree / "Größe" / "graph.json").read_bytes()
    answer = server.ask(LONG, Range="bytes=5-14", Accept_Encoding="gzip")
    assert (answer.status, answer.body) == (206, content[5:15])
    assert "content-encoding" not in answer.headers
    assert answer.headers["etag"] == server.ask(LONG).headers["etag"]


@pytest.mark.parametrize("path", [LONG, "/systems/EI1"])
def test_gzip(server, path):
    plain, zipped = server.ask(path), server.ask(path, Accept_Encoding="br, gzip;q=0.5")
    assert zipped.headers["content-encoding"] == "gzip"
    assert gzip.decompress(zipped.body) == plain.body
    assert len(zipped.body) < len(plain.body)
    assert plain.headers["etag"] != zipped.headers["etag"]
    for answer in plain, zipped:
        assert not answer.headers["etag"].startswith("W/")
        assert {"Accept-Encoding", "Origin"} <= set(answer.headers["vary"].split(", "))
    # Each is the other's stranger: a cache that has one must not be told that it has the other.
    assert server.ask(path, If_None_Match=zipped.headers["etag"]).status == 200
    assert server.ask(path, If_None_Match=zipped.headers["etag"], Accept_Encoding="gzip").status == 304
    assert server.ask(path, If_None_Match=plain.headers["etag"], Accept_Encoding="gzip").status == 200


@pytest.mark.parametrize("header", ["", "identity", "br", "gzip;q=0", "gzip;q=0.0, *", "*;q=0", "gzip;q=x", "gzipped"])
def test_gzip_is_for_those_who_take_it(server, header):
    assert "content-encoding" not in server.ask(LONG, Accept_Encoding=header).headers


@pytest.mark.parametrize("header", ["*", "x-gzip", "GZIP", "deflate,gzip", "gzip;q=1.0", "*;q=0, gzip"])
def test_gzip_by_other_names(server, header):
    assert server.ask(LONG, Accept_Encoding=header).headers["content-encoding"] == "gzip"


def test_short_answers_are_not_compressed(server):
    assert "content-encoding" not in server.ask(SHORT, Accept_Encoding="gzip").headers


@pytest.mark.parametrize("path", [H5, SHORT, "/systems", "/systems/EI1"])
def test_conditions(server, path):
    first = server.ask(path)
    tag = first.headers["etag"]
    assert tag.startswith('"')
    assert server.ask(path).headers["etag"] == tag
    for header in tag, f"W/{tag}", "*", f'"x", {tag}', f'"x",W/{tag} , "y"':
        answer = server.ask(path, If_None_Match=header)
        assert (answer.status, answer.body) == (304, b"")
        assert answer.headers["etag"] == tag
        assert answer.headers["cache-control"] == "no-cache"
        assert "Origin" in answer.headers["vary"]
    for header in '"x"', tag.strip('"'), '"', "":
        assert server.ask(path, If_None_Match=header).status == 200
    assert server.ask(path, If_Match=tag).status == 200
    assert server.ask(path, If_Match="*").status == 200
    for header in '"x"', f"W/{tag}", "":
        answer = server.ask(path, If_Match=header)
        assert (answer.status, answer.json["status"]) == (412, 412)


def test_conditions_on_the_date(server):
    date = server.ask(H5).headers["last-modified"]
    before = formatdate(parsedate_to_datetime(date).timestamp() - 1, usegmt=True)
    after = formatdate(parsedate_to_datetime(date).timestamp() + 1, usegmt=True)
    for value, since, unmodified in (date, 304, 200), (after, 304, 200), (before, 200, 412), ("nonsense", 200, 200):
        assert server.ask(H5, If_Modified_Since=value).status == since
        assert server.ask(H5, If_Unmodified_Since=value).status == unmodified
    # The tag says more than the date.
    assert server.ask(H5, If_None_Match='"x"', If_Modified_Since=after).status == 200
    assert server.ask(H5, If_Match="*", If_Unmodified_Since=before).status == 200


def test_parts_of_what_the_client_has(server, content):
    tag = server.ask(H5).headers["etag"]
    part, whole = (206, content[:10]), (200, content)
    for condition, expected in (tag, part), (f"W/{tag}", whole), ('"x"', whole), (formatdate(usegmt=True), whole):
        answer = server.ask(H5, Range="bytes=0-9", If_Range=condition)
        assert (answer.status, answer.body) == expected
    assert server.ask(H5, Range="bytes=0-9", If_None_Match=tag).status == 304


@pytest.mark.parametrize(("age", "status"), [(1000, 206), (5, 200)])
def test_parts_of_what_the_client_has_since_a_date(companion, client, tmp_path, age, status):
    """A date has whole seconds only, so that of a young file says nothing."""
    path = tmp_path / "S" / "graph.json"
    path.parent.mkdir()
    path.write_text("[1, 2]")
    os.utime(path, (time.time() - age,) * 2)
    server = client(companion(tmp_path).address)
    date = server.ask("/files/S/graph.json").headers["last-modified"]
    assert server.ask("/files/S/graph.json", Range="bytes=0-1", If_Range=date).status == status


def test_a_tag_changes_with_the_file(companion, client, tmp_path):
    path = tmp_path / "S" / "graph.json"
    path.parent.mkdir()
    server = client(companion(tmp_path).address)
    tags = []
    for text in "[1]", "[2]", "[1]":
        # The same length, within one tick of the clock, and with the same date.
        path.write_text(text)
        os.utime(path, (1e9, 1e9))
        answer = server.ask("/files/S/graph.json")
        assert answer.body == text.encode()
        tags.append(answer.headers["etag"])
        # It might be written to once more in the same tick of the clock.
        tags.append(server.ask("/files/S/graph.json").headers["etag"])
    assert len(set(tags)) == 6


@pytest.mark.parametrize("path", ["/", "/systems", "/systems/EI1", "/files/EI1/graph.json", "/health"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "PROPFIND", "TRACE"])
def test_nothing_can_be_written(server, path, method):
    answer = server.ask(path, method, Content_Length="0")
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    assert answer.json["status"] == 405


def test_options_without_a_page(server):
    answer = server.ask("/systems", "OPTIONS")
    assert (answer.status, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/systems", 200),
        (H5, 200),
        ("/nothing", 404),
        ("/files/EI1/.x.json", 404),
        ("/files/%zz", 400),
        ("/systems/no", 404),
    ],
)
def test_pages_of_this_machine_may_read_everything(server, path, status):
    answer = server.ask(path, Origin=PAGE)
    assert answer.status == status
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert {"ETag", "Content-Range", "Accept-Ranges", "Content-Length"} <= set(
        answer.headers["access-control-expose-headers"].split(", ")
    )
    assert "Origin" in answer.headers["vary"]
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    "headers", [{"Range": "bytes=0-9"}, {"Range": "bytes=x"}, {"If_None_Match": "*"}, {"If_Match": '"x"'}]
)
def test_pages_may_read_other_outcomes_too(server, headers):
    assert server.ask(H5, Origin=PAGE, **headers).headers["access-control-allow-origin"] == PAGE


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "http://localhost.evil.example",
        "http://evil-localhost",
        "null",
        "",
        "http://localhost:1@evil.example",
    ],
)
def test_other_pages_may_not(server, origin):
    answer = server.ask("/systems", Origin=origin)
    assert answer.status == 200
    assert "access-control-allow-origin" not in answer.headers
    assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize("path", ["/systems", H5, "/nothing", "/files/EI1/../x.json"])
def test_preflight(server, path):
    answer = server.ask(
        path,
        "OPTIONS",
        Origin=PAGE,
        Access_Control_Request_Method="GET",
        Access_Control_Request_Headers="range, if-none-match, x-anything",
        Access_Control_Request_Private_Network="true",
    )
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert {"GET", "HEAD"} <= set(answer.headers["access-control-allow-methods"].split(", "))
    assert {"range", "if-none-match"} <= set(answer.headers["access-control-allow-headers"].split(", "))
    assert answer.headers["access-control-allow-private-network"] == "true"
    assert int(answer.headers["access-control-max-age"]) > 0


@pytest.mark.parametrize(("origin", "method"), [("http://evil.example", "GET"), (PAGE, "PUT")])
def test_preflight_of_what_is_not_allowed(server, origin, method):
    answer = server.ask("/systems", "OPTIONS", Origin=origin, Access_Control_Request_Method=method)
    assert answer.status == 400
    assert "may not send" in answer.json["error"]
    assert origin == PAGE or "access-control-allow-origin" not in answer.headers


def test_origins_can_be_named(companion, client, tree):
    server = client(companion(tree, origins=Origins.parse("https://lab.example")).address)
    assert server.ask("/systems", Origin="https://lab.example").headers["access-control-allow-origin"]
    assert "access-control-allow-origin" not in server.ask("/systems", Origin=PAGE).headers
    server = client(companion(tree, origins=Origins.parse("*")).address)
    for origin in PAGE, "null", "https://any.example":
        assert server.ask("/systems", Origin=origin).headers["access-control-allow-origin"] in {origin, "*"}


def test_manifest(server, tree):
    manifest = server.ask("/systems/EI1").json
    assert (manifest["format"], manifest["name"], manifest["serve_h5"], manifest["complete"]) == (1, "EI1", True, True)
    assert [(one["name"], one["start"], one["count"]) for one in manifest["populations"]] == [
        ("EXC", 0, 8),
        ("INH", 8, 2),
    ]
    coordinates = ["X Coordinate", "Y Coordinate", "Z Coordinate"]
    assert manifest["populations"][0]["namespaces"]["Generated Coordinates"] == coordinates
    assert {(one["pre"], one["post"]): one["edges"] for one in manifest["projections"]} == {
        ("EXC", "EXC"): 22,
        ("INH", "EXC"): 7,
        ("EXC", "INH"): 11,
        ("INH", "INH"): 2,
    }
    assert manifest["projections"][0]["namespaces"]["Synapses"] == ["syn_id"]
    assert [one["name"] for one in manifest["sidecars"]] == manifest["files"]
    assert [one["name"] for one in manifest["h5"]] == ["cells.h5", "connections.h5"]
    for one in (*manifest["h5"], *manifest["sidecars"]):
        path = tree / "EI1" / one["name"]
        data = path.read_bytes()
        assert (one["size"], one["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
        assert one["modified"].endswith("+00:00")
    (error,) = manifest["errors"]
    assert error["file"] == "out.h5"
    assert "leads out" in error["error"]


def test_manifest_of_a_damaged_system(server, tree):
    answer = server.ask("/systems/broken")
    assert answer.status == 200
    manifest = answer.json
    assert (manifest["populations"], manifest["projections"]) == ([], [])
    (error,) = manifest["errors"]
    assert error["file"] == "cells.h5"
    assert len(error["error"]) > 10
    assert str(tree) not in json.dumps(manifest)
    assert manifest["h5"][0]["size"] == 3000


def test_manifest_of_a_linked_system_has_its_own_name(server):
    one, other = (server.ask(f"/systems/{name}").json for name in ("EI1", "linked%20in"))
    assert (one.pop("name"), other.pop("name")) == ("EI1", "linked in")
    assert one == other


def test_a_failure_of_the_server_is_an_answer_too(companion, client, tree, monkeypatch, caplog):
    """There is none that is known, so one is made."""

    def fail(_root_dir):
        raise RuntimeError(f"{tree} is on fire")

    server = client(companion(tree).address)
    monkeypatch.setattr(app, "find_systems", fail)
    answer = server.ask("/systems", Origin=PAGE)
    assert (answer.status, answer.json["status"]) == (500, 500)
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert "fire" not in answer.raw.decode()
    assert "is on fire" in caplog.text
    monkeypatch.undo()
    assert server.ask("/systems").status == 200


def test_a_server_without_handles_says_so(companion, client, tree):
    """It must not say that a system is not there."""
    server = client(companion(tree).address)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    one = http.client.HTTPConnection(*server.place, timeout=20)
    one.request("GET", "/health")
    assert one.getresponse().read()
    with contextlib.ExitStack() as stack:
        stack.callback(one.close)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(limits[0], 1024), limits[1]))
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, limits)
        with contextlib.suppress(OSError):
            while True:
                stack.callback(os.close, os.open(os.devnull, os.O_RDONLY))
        for path in "/systems", "/systems/EI1", "/files/EI1/graph.json", "/health":
            one.request("GET", path)
            answer = one.getresponse()
            assert (answer.status, json.loads(answer.read())["status"]) == (503, 503), path
            assert answer.headers["Retry-After"] == "1"
    assert server.ask("/systems/EI1").status == 200
