"""``livn ui web``: what it shows, what it refuses, and that its page is there while it runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request

import pytest
from click.testing import CliRunner
from livn_ui.commands import ui
from livn_ui.pyodide import release, vendor

from livn_core.errors import ConfigError, FormatError


@pytest.fixture
def run():
    def run(*arguments):
        done = CliRunner().invoke(ui, ["web", *map(str, arguments)])
        if isinstance(done.exception, Exception) and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    return run


def test_without_launch_it_shows_what_it_would_do(run, root_dir):
    done = run(f"root_dir={root_dir}", "port=0", "--serve_h5")
    assert done.exit_code == 0
    assert str(root_dir) in done.output
    assert release.PUBLIC in done.output
    assert "Nothing was started" in done.output


def test_a_folder_without_pyodide_is_refused(run, root_dir, tmp_path):
    with pytest.raises(FormatError, match=r"pyodide\.js.*livn ui web vendor="):
        run(f"root_dir={root_dir}", "port=0", f"pyodide={tmp_path}", "--launch")


def test_a_root_dir_that_is_not_there(run, tmp_path):
    with pytest.raises(ConfigError, match="nowhere"):
        run(f"root_dir={tmp_path / 'nowhere'}", "port=0", "--launch")


def test_a_folder_is_filled(run, tmp_path, monkeypatch):
    for module in (release, vendor):
        monkeypatch.setattr(module, "FILES", {})
    done = run(f"vendor={tmp_path / 'a folder'}")
    assert f"pyodide='{tmp_path / 'a folder'}'" in done.output
    assert (tmp_path / "a folder").is_dir()


def test_the_page_is_there_until_it_is_stopped(root_dir):
    command = [sys.executable, "-m", "livn_core", "ui", "web", f"root_dir={root_dir}", "port=0", "--launch"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as one:
        try:
            name, address = one.stdout.readline().split()
            assert name == "page"
            wanted = urllib.request.Request(address, headers={"Accept": "text/html"})
            with urllib.request.urlopen(wanted, timeout=30) as answer:
                assert b"page/app.js" in answer.read()
        finally:
            one.send_signal(signal.SIGTERM)
        assert one.wait(30) == 0
