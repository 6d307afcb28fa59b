"""``livn ui check`` as a command: what it prints where, exit codes, and whom it looks at."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys

import pytest
from livn_ui.serving.record import ServerRecord, run_dir_of

SECRET = "a-very-secret-word"


@pytest.fixture
def command(tmp_path):
    """Run the command in an empty directory."""

    def command(*arguments, stdout=subprocess.PIPE, **variables):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LIVN_")}
        return subprocess.run(
            [sys.executable, "-m", "livn_core", "ui", "check", *arguments],
            cwd=tmp_path,
            env={**kept, **variables},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )

    return command


@pytest.fixture
def setting(server, companion):
    return json.dumps({"endpoint": server.endpoint, "files_endpoint": companion.address})


def test_all_is_well(command, setting):
    done = command(LIVN_HSDS=setting)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["step", "status", "found"]
    assert all(line.split()[-1] and " ok " in line for line in lines[1:])
    assert "what to do" not in done.stdout


def test_what_is_wrong_ends_with_1_and_says_what_to_type(command, nobody):
    done = command(nobody, "timeout=2")
    assert (done.returncode, done.stderr) == (1, "")
    assert re.search(r"^endpoint +fail +.*Connection refused", done.stdout, re.MULTILINE)
    assert re.search(r"^endpoint: livn ui server port=\d+ --launch", done.stdout, re.MULTILINE)
    assert f'LIVN_HSDS: export LIVN_HSDS=\'{{"endpoint": "{nobody}"}}\'' in done.stdout


def test_json(command, nobody, setting):
    good = json.loads(command("--json", LIVN_HSDS=setting).stdout)
    assert good["usable"] is True
    assert {step["status"] for step in good["steps"]} == {"ok"}
    bad = json.loads(command(f"endpoint={nobody}", "--json").stdout)
    assert bad["usable"] is False
    assert bad["endpoint"] == nobody
    assert set(bad["steps"][0]) == {"name", "status", "found", "remedy"}


def test_on_a_terminal(command, setting):
    master, slave = pty.openpty()
    command(stdout=slave, LIVN_HSDS=setting, TERM="xterm", COLUMNS="200")
    os.close(slave)
    assert "\x1b[1m" in os.read(master, 2**16).decode()
    os.close(master)


def test_no_password_is_printed(command, server):
    for fields in ({}, {"endpoint": server.endpoint}, {"endpoint": f"http://me:{SECRET}@localhost"}):
        broken = json.dumps({"username": "admin", "password": SECRET, **fields})
        for text in (broken, broken[:-1]):
            done = command(server.endpoint, LIVN_HSDS=text)
            assert SECRET not in done.stdout + done.stderr
            assert done.returncode == 1
    done = command(f"http://me:{SECRET}@localhost:1")
    assert SECRET not in done.stdout + done.stderr
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["endpiont=http://localhost:1"], "did you mean 'endpoint'"),
        (["http://localhost:1", "endpoint=http://localhost:1"], "given twice"),
        (["timeout=0"], "more than 0"),
        (["timeout=nan"], "no finite number"),
        (["timeout=soon"], "timeout"),
    ],
)
def test_wrong_usage(command, arguments, says):
    done = command(*arguments)
    assert done.returncode == 2
    assert says in done.stderr


def test_a_wrong_address(command):
    for address in ("localhost:5101", "ftp://localhost", "http://"):
        done = command(address)
        assert done.returncode == 1
        assert done.stderr.startswith(
            f"error: ENDPOINT must be an address such as http://localhost:5101, not {address!r}"
        )
    assert command("files_endpoint=lab").stderr.startswith("error: files_endpoint must be an address")


def test_no_server_for_a_directory(command, tmp_path):
    (tmp_path / "graphs").mkdir()
    done = command("root_dir=graphs")
    assert done.returncode == 1
    assert "no server runs for graphs; start one: livn ui server root_dir=graphs --launch" in done.stderr


def test_the_server_of_a_directory(command, server, companion, root):
    """The store of the shared server lies elsewhere, so its lock and record are put where they usually are."""
    fields = {"endpoint": server.endpoint, "files_endpoint": companion.address, "bucket": "data", "admin": "admin"}
    run_dir = run_dir_of(root)
    run_dir.parent.mkdir()
    run_dir.symlink_to(server.run_dir)
    record = ServerRecord(**fields, pid=os.getpid(), public=True, password_file=run_dir / "passwd.txt")
    record.write(root)
    found = json.loads(command(f"root_dir={root}", "--json").stdout)
    (run_dir / "server.json").unlink()
    run_dir.unlink()
    run_dir.parent.rmdir()
    assert found["endpoint"] == server.endpoint
    assert found["usable"] is True
    assert found["steps"][0]["status"] == "warn"
