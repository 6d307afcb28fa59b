"""``livn ui import`` as people and scripts run it."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time

import pytest
from livn_ui.importing import import_file
from livn_ui.serving.record import ServerRecord
from livn_ui.testing import admin_of

from .conftest import in_storage, is_whole, write_version

PASSWORD = "s3cret-of-the-admin"


@pytest.fixture(scope="module")
def root_dir(tmp_path_factory):
    root = tmp_path_factory.mktemp("systems")
    for number, system in enumerate(("one", "two")):
        for name in ("cells.h5", "connections.h5"):
            write_version(root / system / name, number, datasets=2, rows=1000)
    (root / "two" / "graph.json").write_text("{}")
    return root


@pytest.fixture(scope="module")
def server(start_hsds, root_dir):
    """What ``livn ui server`` starts, without its companion."""
    server = start_hsds(store=root_dir / ".hsds", users={"admin": PASSWORD, "bob": "secret of bob"})
    passwords = root_dir / ".hsds" / ".run" / "passwd.txt"
    record = ServerRecord(server.endpoint, server.endpoint, "data", os.getpid(), True, "admin", passwords)
    record.write(root_dir)
    return server


@pytest.fixture
def command(server, root_dir, monkeypatch):
    monkeypatch.delenv("LIVN_HSDS", raising=False)
    return [sys.executable, "-m", "livn_core", "ui", "import", f"root_dir={root_dir}"]


@pytest.fixture
def run(command):
    def run(*arguments):
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=120, check=False)
        assert PASSWORD not in done.stdout + done.stderr
        return done

    return run


def test_all_systems_then_nothing_then_some(run, server, root_dir):
    done = run()
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == f"HSDS at {server.endpoint}"
    assert sorted(line.split(":")[0] for line in lines[1:]) == [
        f"{system}/{name}.h5" for system in ("one", "two") for name in ("cells", "connections")
    ]
    assert all(re.search(r": imported, 8 kB in \d+\.\d s$", line) for line in lines[1:])
    assert is_whole(admin_of(server), root_dir / "one" / "cells.h5", "/one/cells.h5")
    again = run("two").stdout.splitlines()[1:]
    assert sorted(again) == ["two/cells.h5: unchanged", "two/connections.h5: unchanged"]
    verified = run("two", "--verify", "jobs=1").stdout.splitlines()[1:]
    assert all("unchanged, and the same on the server, 8 kB compared in" in line for line in verified)
    forced = run("one", "force=true").stdout.splitlines()[1:]
    assert [line.split(": ")[1].split(",")[0] for line in forced] == ["imported", "imported"]


def test_one_bad_file_does_not_stop_the_others(run, root_dir, server):
    bad = root_dir / "bad"
    write_version(bad / "good.h5", 1, datasets=1, rows=10)
    (bad / "broken.h5").write_bytes(b"no HDF5")
    (bad / "outside.h5").symlink_to("/etc/hostname")
    done = run("bad")
    assert done.returncode == 1
    assert "bad/good.h5: imported, 40 B" in done.stdout
    assert re.search(r"^bad/broken\.h5: error: .*is not HDF5, or damaged", done.stderr, re.MULTILINE)
    assert re.search(r"^bad/outside\.h5: error: .*is a link to outside", done.stderr, re.MULTILINE)
    assert done.stderr.splitlines()[-1] == "2 of 3 files could not be imported: bad/broken.h5, bad/outside.h5"
    assert in_storage(server, "bad") == ["good.h5"]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["none"], 1, "there is no system 'none'"),
        (["forse=true"], 2, "did you mean 'force'"),
        (["jobs=0"], 2, "jobs"),
        (["endpoint=http://127.0.0.1:9"], 1, "http://127.0.0.1:9: cannot be reached"),
        (["endpoint=http://hsds.example"], 1, "no password of an importing user is known; give password_file="),
        (["username=eve"], 1, "no password of user 'eve' is known"),
        (["root_dir=/nonexistent"], 2, "given twice"),
    ],
)
def test_mistakes_are_named(run, arguments, code, says):
    done = run(*arguments)
    assert done.returncode == code
    assert says in done.stderr


def test_other_logins(run, tmp_path, server):
    passwords = tmp_path / "passwords"
    passwords.write_text(f"admin:{PASSWORD}\nbob:secret of bob\n")
    passwords.chmod(0o600)
    assert run("one", f"password_file={passwords}").returncode == 0
    done = run("one", "--force", "username=bob", f"password_file={passwords}")
    assert done.returncode == 1
    assert "secret of bob" not in done.stdout + done.stderr
    passwords.chmod(0o644)
    assert "others may read or change it" in run("one", f"password_file={passwords}").stderr


def test_livn_hsds_is_used_where_no_server_runs_here(server, root_dir, monkeypatch, tmp_path):
    write_version(tmp_path / "three" / "cells.h5", 3, datasets=1, rows=10)
    setting = f'{{"endpoint": "{server.endpoint}", "username": "admin", "password": "{PASSWORD}"}}'
    monkeypatch.setenv("LIVN_HSDS", setting)
    command = [sys.executable, "-m", "livn_core", "ui", "import", f"root_dir={tmp_path}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert in_storage(server, "three") == ["cells.h5"]


def test_ctrl_c(command, server, root_dir):
    old = write_version(root_dir / "long" / "a.h5", 1, datasets=1, rows=10)
    import_file(admin_of(server), old, "/long/a.h5")
    saved = old.rename(old.with_suffix(".old"))
    new = write_version(root_dir / "long" / "a.h5", 2, datasets=20, rows=1_000_000)
    process = subprocess.Popen([*command, "long"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    storage = server.settings.store / "data" / "long" / "a.h5.importing"
    end = time.monotonic() + 60
    while not storage.exists() and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.splitlines()[-1] == "interrupted"
    assert is_whole(admin_of(server), saved, "/long/a.h5")
    subprocess.run([*command, "long"], timeout=120, check=True, stdout=subprocess.DEVNULL)
    assert is_whole(admin_of(server), new, "/long/a.h5")
    assert in_storage(server, "long") == ["a.h5"]


def test_a_terminal_sees_how_far_it_is(command, server, root_dir):
    write_version(root_dir / "seen" / "a.h5", 1, datasets=10, rows=1_000_000)
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    process = subprocess.Popen([*command, "seen"], stdout=slave, stderr=slave, env=environment)
    os.close(slave)
    shown = b""
    while True:
        try:
            readable, _, _ = select.select([master], [], [], 60)
            shown += os.read(master, 65536) if readable else b""
        except OSError:
            break
        if not readable:
            break
    os.close(master)
    assert process.wait(60) == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    assert re.search(r"seen/a\.h5 writing .*[0-9.]+/40\.0 MB .*MB/s \d:\d\d:\d\d", text)
    assert re.search(r"seen/a\.h5: imported, 40 MB in \d+\.\d s", text)


def test_help_says_what_the_flags_mean():
    command = [sys.executable, "-m", "livn_core", "ui", "import", "--help"]
    text = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    assert "--verify" in text
    assert "imports the file again if it differs" in " ".join(text.split())
