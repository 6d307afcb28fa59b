"""Each fault is found at the step where it is, and the report says what to do; every fault is a real one."""

from __future__ import annotations

import os
import posixpath
import shutil
import signal
import socket
import threading
import time
from contextlib import ExitStack, suppress
from urllib.parse import urlsplit

import pytest
from h5json.objid import createObjId
from livn_ui.checking import check, find_target
from livn_ui.companion import Companion, CompanionSettings
from livn_ui.hsds.readiness import data_node_is_ready
from livn_ui.importing.administration import RIGHTS, Administration
from livn_ui.origins import Origins
from livn_ui.testing import admin_of

AFTER_HSDS = {"admin", "data nodes", "bucket", "systems", "CORS of HSDS", "same systems"}
HTML = b"<html>hello</html>"


def statuses(report):
    return {step.name: step.status for step in report.steps}


def named(report, status):
    return {step.name for step in report.steps if step.status == status}


def test_all_is_well(look):
    report = look()
    assert set(statuses(report).values()) == {"ok"}, report
    assert list(statuses(report)) == [
        "LIVN_HSDS",
        "endpoint",
        "HSDS",
        "admin",
        "data nodes",
        "bucket",
        "systems",
        "system EI1",
        "companion",
        "JSON files",
        "same systems",
        "CORS of HSDS",
        "CORS of companion",
    ]
    assert not any(step.remedy for step in report.steps)
    found = report.step("system EI1").found
    assert found == "cells.h5 and connections.h5: 10 cells, 4 projections, 42 edges; readable without a password"
    assert report.step("data nodes").found == "2 of 2 answer"


def test_nobody_listens(look, nobody):
    report = look(endpoint=nobody)
    assert not report.usable
    assert named(report, "fail") == {"endpoint"}
    assert named(report, "skipped") == AFTER_HSDS | {"HSDS"}
    assert "cannot be reached (Connection refused)" in report.step("endpoint").found
    assert "livn ui server port=" in report.step("endpoint").remedy


def test_a_server_that_never_finishes_an_answer_is_given_up(look, endless):
    began = time.monotonic()
    report = look(2, endpoint=endless, files_endpoint=endless)
    assert named(report, "fail") == {"endpoint", "companion"}
    for name in ("endpoint", "companion"):
        assert "answer within 2 s" in report.step(name).found
    assert time.monotonic() - began < 10


def test_another_kind_of_server(look, web_server, companion):
    for address in (web_server({"*": HTML}, "text/html"), web_server({}), companion.address):
        report = look(endpoint=address)
        assert named(report, "fail") == {"HSDS"}
        assert named(report, "skipped") == AFTER_HSDS
        assert "what answers there is not HSDS (status" in report.step("HSDS").found
        assert "HSDS's own address" in report.step("HSDS").remedy


def test_a_server_that_is_not_ready(look, web_server):
    report = look(endpoint=web_server({"/about": b'{"hsds_version": "1.0.2", "state": "WAITING"}'}))
    assert report.step("HSDS").found == "HSDS 1.0.2 is WAITING"
    assert named(report, "fail") == {"HSDS"}


def test_an_old_server(look, web_server):
    report = look(endpoint=web_server({"/about": b'{"hsds_version": "0.9.2", "state": "READY", "node_count": 0}'}))
    assert report.step("HSDS").status == "warn"
    assert "HSDS 1.0.2 or newer" in report.step("HSDS").remedy
    assert report.step("data nodes").status == "fail"


def test_an_address_that_leads_on_to_another(look, server, web_server):
    report = look(endpoint=web_server({"/about": f"{server.endpoint}/about".encode()}))
    assert report.step("endpoint").status == "warn"
    assert f"give {server.endpoint} as 'endpoint'" in report.step("endpoint").remedy


def test_a_bucket_that_does_not_exist(look):
    report = look(bucket="elsewhere")
    assert named(report, "fail") == {"bucket"}
    assert named(report, "skipped") == {"systems", "same systems"}
    assert "no bucket 'elsewhere'" in report.step("bucket").found


def test_a_wrong_password(look):
    report = look(username="admin", password="not this one")
    assert not report.usable
    assert "user 'admin' with this password is not let in" in report.step("bucket").found
    assert "not this one" not in repr(report)


def test_data_nodes_that_hang_or_have_ended_and_a_server_without_systems(look, start_hsds):
    server = start_hsds(data_nodes=2)
    one, other = (server.pids()[f"data node {number}"] for number in (1, 2))
    empty = look(endpoint=server.endpoint)
    os.kill(one, signal.SIGSTOP)
    hanging = look(2, endpoint=server.endpoint)
    os.kill(one, signal.SIGCONT)
    os.kill(other, signal.SIGKILL)
    while data_node_is_ready(server.data_nodes[1]):
        time.sleep(0.05)
    ended = look(endpoint=server.endpoint)
    server.stop()
    assert named(empty, "fail") == {"systems"}
    assert empty.step("systems").remedy == "livn ui import"
    assert "1 of 2 without an answer: number 1 (no answer within 2 s)" in hanging.step("data nodes").found
    assert ended.step("HSDS").status == "ok"
    assert ended.step("systems").found == "waits for: data nodes"
    assert ended.step("data nodes").found == "1 of 2 without an answer: number 2 (status 500)"
    assert "restart the server" in ended.step("data nodes").remedy


@pytest.fixture
def elsewhere():
    """An address of this machine that is not loopback; what is sent there goes on to a port of loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.connect(("192.0.2.1", 9))  # sends nothing, but chooses an address; this one is for documentation
        host = one.getsockname()[0]
    if host.startswith("127."):
        pytest.skip("this machine has no address but loopback")
    with ExitStack() as stack:

        def elsewhere(port):
            listener = stack.enter_context(socket.create_server((host, 0)))
            threading.Thread(target=forward, args=(listener, port), daemon=True).start()
            return f"http://{host}:{listener.getsockname()[1]}"

        yield elsewhere


def forward(listener, port):
    with suppress(OSError):  # the listener was closed
        while True:
            client, _ = listener.accept()
            with client, socket.create_connection(("127.0.0.1", port)) as server:
                # One request for each connection, as the check makes them.
                server.sendall(client.recv(2**16))
                while answer := server.recv(2**16):
                    client.sendall(answer)
                    if len(answer) < 2**16:
                        break


def test_a_proxy_that_lets_everybody_be_admin(look, start_hsds, elsewhere):
    server = start_hsds(users={"admin": "admin"})
    here, there = look(endpoint=server.endpoint), look(endpoint=elsewhere(urlsplit(server.endpoint).port))
    server.stop()
    assert here.step("admin").status == "ok"
    assert "has the password admin" in here.step("admin").found
    assert there.step("admin").status == "warn"
    assert "password_file=" in there.step("admin").remedy


def test_what_was_not_imported(look, server, root, tmp_path):
    systems = shutil.copytree(root, tmp_path / "systems")
    for name in ("EI2", "EI3"):
        shutil.copytree(root / "EI1", systems / name)
    with Administration(admin_of(server)) as administration, Companion(CompanionSettings(systems)) as companion:
        administration.make_folders("/EI2/cells.h5")
        report = look(files_endpoint=companion.address)
        administration.delete("/EI2")
    assert report.usable
    assert named(report, "warn") == {"system EI2", "same systems"}
    assert report.step("system EI2").remedy == "livn ui import EI2"
    assert report.step("same systems").found == "not imported: EI2, EI3"
    assert report.step("same systems").remedy == "livn ui import EI2 EI3"


def test_what_the_companion_does_not_have(look, tmp_path):
    with Companion(CompanionSettings(tmp_path)) as companion:
        report = look(files_endpoint=companion.address)
    assert report.usable
    assert named(report, "warn") == {"JSON files", "same systems"}
    assert "EI1" in report.step("same systems").found


@pytest.fixture
def name(server):
    """Make names on the server: of nothing, or of a file of EI1; they are gone after the test."""
    made = []
    with Administration(admin_of(server)) as administration:

        def name(domain, content=""):
            administration.make_folders(domain)
            if content:
                administration.link(f"/EI1/{content}", domain)
            else:
                assert administration.create(domain, str(createObjId("groups")))
            made.append(domain)
            return administration

        yield name
        for domain in made:
            administration.drop_name(domain)
        folders = {posixpath.dirname(domain) for domain in made}
        for folder in sorted(folders | {posixpath.dirname(one) for one in folders} - {"/"}, reverse=True):
            administration.drop_name(folder)


def test_imports_that_came_to_nothing(look, name):
    """A stock hsload that fails leaves an empty domain, one of ours that was killed its temporary one."""
    name("/Half/cells.h5", "cells.h5")
    name("/Half/connections.h5.importing")
    name("/Begun/cells.h5.importing")
    name("/Rest/connections.h5", "connections.h5")
    name("/Cells/cells.h5", "cells.h5")
    name("/lab/Empty/cells.h5")
    name("/Empty/cells.h5")
    report = look()
    half, begun, rest, cells = (report.step(f"system {name}") for name in ("Half", "Begun", "Rest", "Cells"))
    assert (half.status, begun.status, rest.status, cells.status) == ("warn", "warn", "fail", "warn")
    assert "connections.h5.importing is of an import that was interrupted" in half.found
    assert half.remedy == "livn ui import Half"
    assert begun.found.startswith("its folder holds only cells.h5.importing")
    assert "neither cells.h5 nor graph.h5" in rest.found
    assert "there is no connections.h5" in cells.found
    assert report.step("system Empty").remedy == "livn ui import Empty --force"
    empty = report.step("system lab/Empty")
    assert empty.status == "fail"
    assert empty.remedy == "import it again, in the way it was imported before"


def test_a_private_system(look, server, name):
    for file in ("cells.h5", "connections.h5"):
        name(f"/Private/{file}", file).set_rights(f"/Private/{file}", {"default": dict.fromkeys(RIGHTS, False)})
    anonymous = look()
    assert named(anonymous, "fail") == {"system Private"}
    assert anonymous.step("system Private").found == "may not be read without a password"
    known = look(username="admin", password=server.password)
    assert known.usable
    assert known.step("system Private").status == "warn"
    assert "only with a password, as user 'admin': cells.h5" in known.step("system Private").found
    assert server.password not in repr(known)


def test_no_companion(look, nobody, web_server):
    report = look(files_endpoint=nobody)
    assert named(report, "fail") == {"companion"}
    assert named(report, "skipped") == {"JSON files", "same systems", "CORS of companion"}
    assert "'files_endpoint'" in report.step("companion").remedy
    page = look(files_endpoint=web_server({"*": HTML}, "text/html"))
    assert page.step("companion").status == "warn"
    assert named(page, "fail") == {"JSON files"}


def test_another_web_server_with_the_same_files(look, web_server):
    report = look(files_endpoint=web_server({"/files/EI1/graph.json": b"{}"}))
    assert report.usable
    assert {"companion", "same systems"} <= named(report, "warn")
    assert report.step("JSON files").found == "EI1/graph.json: 2 bytes"


def test_origins(look, root, monkeypatch):
    for text, says in (("*", "every web page"), ("https://lab.example", "may not read here")):
        with Companion(CompanionSettings(root, origins=Origins.parse(text))) as companion:
            report = look(files_endpoint=companion.address)
        assert named(report, "warn") == {"CORS of companion"}
        assert says in report.step("CORS of companion").found
        assert "origins=" in report.step("CORS of companion").remedy


def test_an_origin_of_ones_own(look, root):
    with Companion(CompanionSettings(root, origins=Origins.parse("https://lab.example"))) as companion:
        look(files_endpoint=companion.address)
        report = check(find_target(), origin="https://lab.example", timeout=20)
    assert report.step("CORS of companion").status == "ok"


def test_a_wrong_setting(look, server, monkeypatch):
    monkeypatch.setenv("LIVN_HSDS", '{"endpoint": "http://localhost:1", "passwort": "geheim"}')
    report = check(find_target(server.endpoint), timeout=20)
    assert report.step("LIVN_HSDS").status == "fail"
    assert "unknown field 'passwort'" in report.step("LIVN_HSDS").found
    assert "geheim" not in repr(report)
    assert report.step("system EI1").status == "ok"


def test_commands_name_the_server_that_was_named(server):
    assert find_target(server.endpoint).how_to_import("EI2") == f"livn ui import EI2 endpoint={server.endpoint}"
    assert find_target("http://localhost:5101/").how_to_import() == "livn ui import"


@pytest.mark.parametrize(
    ("setting", "says"),
    [("", "is not set"), ('{"endpoint": "http://localhost:1", "username": "me", "password": "mine"}', "names http")],
)
def test_another_server_than_that_of_the_setting_gets_no_login(server, monkeypatch, setting, says):
    monkeypatch.setenv("LIVN_HSDS", setting)
    target = find_target(server.endpoint)
    assert target.config.username is None
    assert target.setting.status == "warn"
    assert says in target.setting.found
    assert target.setting.remedy == f'export LIVN_HSDS=\'{{"endpoint": "{server.endpoint}"}}\''
