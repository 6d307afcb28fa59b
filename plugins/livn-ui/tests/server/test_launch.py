"""``livn ui server --launch`` while it runs: what it says, what it serves, and whom it lets in."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from livn_ui.serving.record import ServerRecord, running_server

from livn_core import predefined

TIMEOUT = 30
EVIL = {"Origin": "http://evil.example"}
FRIEND = {"Origin": "http://localhost:5173"}
ADMIN = ("admin", "admin")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc, or at 127.0.0.2")


def hsload(endpoint, user, password, path, domain):
    """The document's command, with its options first, as h5pyd 1.0 wants them."""
    options = ["--endpoint", endpoint, "-u", user, "-p", password]
    command = [sys.executable, "-c", "import h5pyd._apps.hsload as app; app.main()", *options, str(path), domain]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def get(serving, domain, **options):
    return requests.get(f"{serving.record.endpoint}/", params={"domain": domain}, timeout=TIMEOUT, **options)


def test_it_says_where_it_is_and_what_to_do_next(serving):
    port = serving.ports[0]
    assert serving.ports == [port, port + 1]
    for line in (
        f"HSDS      http://localhost:{port}",
        f"files     http://localhost:{port + 1}",
        "systems   EI1, sketch",
        f"Import:   livn ui import root_dir={serving.root_dir}",
        f"""Read:     export LIVN_HSDS='{{"endpoint": "http://localhost:{port}"}}'""",
    ):
        assert line in serving.text.splitlines()


def test_others_of_this_machine_find_it(serving):
    record = running_server(serving.root_dir)
    assert record == serving.record
    assert record.pid == serving.process.pid
    assert record.login() == ADMIN


@pytest.fixture
def record(tmp_path):
    """A record as a server leaves it, with the passwords beside it."""
    run_dir = tmp_path / ".hsds/.run"
    run_dir.mkdir(parents=True)
    (run_dir / "passwd.txt").write_text("admin:secret\n")
    one = ServerRecord("http://a", "http://b", "data", os.getpid(), True, "admin", run_dir / "passwd.txt")
    one.write(tmp_path)
    return one


def test_a_record_sends_nobody_elses_passwords(record, tmp_path):
    assert record.login() == ("admin", "secret")
    others = tmp_path / "others.txt"
    others.write_text("admin:of somebody else\n")
    place = record.password_file.with_name("server.json")
    fields = json.loads(place.read_text())
    place.write_text(json.dumps({**fields, "password_file": str(others)}))
    assert ServerRecord.read(tmp_path) is None
    place.write_text(json.dumps(fields))
    assert ServerRecord.read(tmp_path) == record
    record.password_file.unlink()
    record.password_file.symlink_to(others)
    assert record.login() is None
    record.password_file.unlink()
    os.mkfifo(record.password_file)
    assert record.login() is None


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_a_record_of_one_user_sends_no_passwords_of_another(record):
    os.chown(record.password_file, 12345, -1)
    assert record.login() is None


def test_its_storage_is_nothing_for_git(serving):
    assert (serving.root_dir / ".hsds/.gitignore").read_text() == "*\n"


def test_both_servers_answer_on_both_loopbacks_and_nowhere_else(serving, machine):
    record = serving.record
    assert requests.get(f"{record.endpoint}/about", timeout=TIMEOUT).json()["state"] == "READY"
    assert requests.get(f"{record.files_endpoint}/systems", timeout=TIMEOUT).json() == ["EI1", "sketch"]
    assert len(serving.data_nodes) == 2
    for endpoint in (record.endpoint, record.files_endpoint, *serving.data_nodes):
        assert machine.accepts("127.0.0.1", endpoint)
        # All of 127/8 is this machine, so a server that listens everywhere would answer here.
        assert not machine.accepts("127.0.0.2", endpoint)


def test_the_documents_hsload_works_and_anybody_can_read(serving):
    path = Path(predefined("EI1")) / "cells.h5"
    done = hsload(serving.record.endpoint, *ADMIN, path, "/EI1/cells.h5")
    assert done.returncode == 0, done.stdout + done.stderr
    assert get(serving, "/EI1/cells.h5").status_code == 200
    refused = requests.put(f"{serving.record.endpoint}/", params={"domain": "/EI1/mine.h5"}, timeout=TIMEOUT)
    assert refused.status_code == 401


def test_each_system_has_a_folder_of_the_admin_even_one_that_comes_later(serving, machine):
    assert get(serving, "/notes", auth=ADMIN).status_code == 404
    shutil.copytree(serving.root_dir / "sketch", serving.root_dir / "later")
    try:
        assert machine.until(lambda: get(serving, "/later", auth=ADMIN).status_code == 200)
    finally:
        shutil.rmtree(serving.root_dir / "later")
    for name in ("EI1", "sketch", "later"):
        found = get(serving, f"/{name}", auth=ADMIN).json()
        assert (found["class"], found["owner"]) == ("folder", "admin")


def test_web_pages_get_in_by_the_pattern(serving):
    for address in (f"{serving.record.endpoint}/about", f"{serving.record.files_endpoint}/systems"):
        friendly = requests.get(address, headers=FRIEND, timeout=TIMEOUT)
        assert friendly.headers["Access-Control-Allow-Origin"] in {FRIEND["Origin"], "*"}
        foreign = requests.get(address, headers=EVIL, timeout=TIMEOUT)
        assert not [name for name in foreign.headers if name.lower().startswith("access-control-allow-")]
        assert "Origin" in foreign.headers["Vary"]


def test_preflights_are_answered_for_pages_that_are_let_in_only(serving):
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    url = f"{serving.record.endpoint}/datasets"
    friendly = requests.options(url, headers={**FRIEND, **asked}, timeout=TIMEOUT)
    assert friendly.status_code == 200
    assert friendly.headers["Access-Control-Allow-Origin"] == FRIEND["Origin"]
    assert friendly.headers["Access-Control-Allow-Headers"].lower() == "authorization"
    foreign = requests.options(url, headers={**EVIL, **asked}, timeout=TIMEOUT)
    assert foreign.status_code == 403
    assert "Access-Control-Allow-Origin" not in foreign.headers


def test_a_foreign_page_changes_nothing(serving):
    url, made = f"{serving.record.endpoint}/", {"domain": "/EI1/hers.h5"}
    for headers in (EVIL, {"Origin": "null"}, {"Origin": f"http://evil.example:{serving.ports[0]}"}):
        for method in ("PUT", "POST", "DELETE"):
            refused = requests.request(method, url, params=made, headers=headers, auth=ADMIN, timeout=TIMEOUT)
            assert refused.status_code == 403
            assert "origins=" in refused.json()["message"]
    assert get(serving, "/EI1/hers.h5", auth=ADMIN).status_code == 404
    done = requests.put(url, params={"domain": "/EI1/ours.h5"}, headers=FRIEND, auth=ADMIN, timeout=TIMEOUT)
    assert done.status_code == 201


def test_a_data_node_is_no_place_for_web_pages(serving):
    for url in (f"{node}/info" for node in serving.data_nodes):
        assert requests.get(url, timeout=TIMEOUT).ok
        assert requests.get(url, headers=FRIEND, timeout=TIMEOUT).status_code == 403
        assert requests.get(url, headers={"Host": "evil.example"}, timeout=TIMEOUT).status_code == 403


@pytest.mark.parametrize("arguments", [[], ["--host=0.0.0.0"]])
def test_a_second_server_of_the_directory_is_told_of_the_first(serving, launched, arguments):
    second = launched(serving.root_dir, *arguments, ready=False)
    assert second.wait() == 1
    says = f"served already, at {serving.record.endpoint}, by process {serving.process.pid}"
    assert says in second.text
    assert requests.get(f"{serving.record.endpoint}/about", timeout=TIMEOUT).ok


def test_a_second_server_on_a_port_is_told_which(serving, launched, root_dir):
    port, files_port = serving.ports
    companion = "the companion file server"
    for ours, his, says in (
        (port, 0, f"HSDS cannot listen on 127.0.0.1:{port}: Address already in use; choose another port="),
        (files_port, 0, f"HSDS cannot listen on 127.0.0.1:{files_port}"),
        (0, port, f"{companion} cannot listen on 127.0.0.1:{port}: Address already in use; choose another files_port="),
    ):
        second = launched(root_dir, f"files_port={his}", port=ours, ready=False)
        assert second.wait() == 1
        assert says in second.text
    assert not (root_dir / ".hsds").exists()


def test_elsewhere_there_is_a_password_that_nobody_sees(launched, root_dir):
    # "127.1" is this machine alone, but one has to be the system's resolver to know.
    (root_dir / "sketch").rename(root_dir / "x")
    one = launched(root_dir, "host=127.1", "--private", "data_nodes=1", "bucket=lab", "files_port=0")
    kept = root_dir / ".hsds/.run/generated-password.txt"
    assert f"kept in {kept}" in one.text
    assert "warning: system 'x' cannot be imported: HSDS refuses the name (HTTP 400)" in one.text
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    password = kept.read_text().strip().partition(":")[2]
    assert one.record.login() == ("admin", password)
    assert not one.record.public
    assert json.loads(one.text.partition("LIVN_HSDS='")[2].partition("'")[0]) == {
        "endpoint": one.record.endpoint,
        "bucket": "lab",
        "files_endpoint": one.record.files_endpoint,
        "username": "USER",
        "password": "PASSWORD",
    }
    assert get(one, "/EI1", auth=ADMIN).status_code == 401
    assert get(one, "/EI1", auth=("admin", password)).status_code == 200
    made = {"domain": "/EI1/a.h5"}
    requests.put(f"{one.record.endpoint}/", params=made, auth=("admin", password), timeout=TIMEOUT).raise_for_status()
    assert get(one, "/EI1/a.h5").status_code == 403
    assert not [place for place, text in visible(one) if password in text]


def visible(one):
    """All that others, or a log that is sent to somebody, would show."""
    yield "output", one.text
    for path in (one.root_dir / ".hsds/.run").iterdir():
        if stat.S_IMODE(path.stat().st_mode) & 0o077 or path.suffix == ".log":
            yield path, path.read_text()
    for pid in (one.process.pid, *one.nodes.values()):
        for name in ("cmdline", "environ"):
            yield f"{pid} {name}", Path(f"/proc/{pid}/{name}").read_text()
