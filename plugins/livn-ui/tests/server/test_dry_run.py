"""``livn ui server`` without ``--launch`` shows what it would do, and does nothing."""

from __future__ import annotations

import socket

import pytest
from click.testing import CliRunner
from livn_ui.commands import ui

from livn_core.errors import ConfigError


@pytest.fixture
def run():
    def run(*arguments):
        done = CliRunner().invoke(ui, ["server", *map(str, arguments)])
        if isinstance(done.exception, Exception) and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    return run


def values(output):
    return dict(line.split(maxsplit=1) for line in output.splitlines() if len(line.split(maxsplit=1)) == 2)


def test_settings_are_shown_and_nothing_is_made(run, root_dir, hsds_python):
    given = [f"root_dir={root_dir}", "--port", "7000", "origins=https://lab.example", "private=true", "--serve_h5"]
    done = run(*given, f"hsds_python={hsds_python}")
    assert done.exit_code == 0
    shown = values(done.output)
    expected = {"port": "7000", "files_port": "7001", "host": "localhost", "bucket": "data", "private": "true"}
    expected |= {
        "serve_h5": "true",
        "origins": "https://lab.example",
        "root_dir": str(root_dir),
        "log_level": "WARNING",
    }
    assert {name: shown[name] for name in expected} == expected
    assert shown["systems"] == "EI1, sketch"
    assert shown["HSDS"].startswith("1.")
    assert "Nothing was started; add --launch" in done.output
    assert sorted(path.name for path in root_dir.iterdir()) == ["EI1", "notes", "sketch"]


def test_what_stands_in_the_way_is_shown(run, tmp_path):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        arguments = [f"root_dir={tmp_path / 'gone'}", f"port={port}", "hsds_python=nowhere", "host=127.0.0.1"]
        done = run(*arguments, f"password_file={tmp_path / 'none'}")
    assert done.exit_code == 0
    shown = values(done.output)
    assert "there is no such directory" in shown["systems"]
    assert "No such file or directory" in shown["HSDS"]
    assert "pip install 'hsds>=1.0.2" in shown["HSDS"]
    assert f"HSDS cannot listen on 127.0.0.1:{port}" in shown["ports"]
    assert "No such file or directory" in shown["login"]


@pytest.mark.parametrize(
    ("argument", "says"),
    [
        ("port=70000", "port must be from 1 to 65535"),
        ("port=65535", "files_port="),
        ("files_port=5101", "both 5101"),
        ("data_nodes=0", "data_nodes must be"),
        ("bucket=a/b", "bucket 'a/b'"),
        ("origins=evil", "'evil' is no web origin"),
        ("log_level=loud", "log_level must be"),
        ("start_timeout=-1", "start_timeout must be"),
    ],
)
def test_a_wrong_setting_is_named(run, argument, says):
    with pytest.raises(ConfigError, match=says):
        run(argument)
