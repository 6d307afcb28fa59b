"""Settings of a server are checked when they are made."""

from __future__ import annotations

import json
import stat

import pytest
from livn_ui.hsds import HsdsSettings
from livn_ui.hsds.environment import node_environment, write_configuration

from livn_core.errors import ConfigError


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"bucket": "a/b"}, "bucket 'a/b'"),
        ({"bucket": ".."}, "bucket"),
        ({"port": True}, "port must be an integer"),
        ({"port": 70000}, "port must be an integer"),
        ({"data_nodes": 0}, "data_nodes must be"),
        ({"log_level": "LOUD"}, "log_level must be DEBUG"),
        ({"users": {"bob": "secret"}}, "the admin 'admin' is not among the users: bob"),
        ({"users": {"admin": "ab"}}, "at least 3 characters"),
        ({"users": {"admin": "a\nroot:x"}}, "on one line"),
        ({"users": {"ad:min": "secret"}, "admin": "ad:min"}, "without ':'"),
        ({"users": {"admin": "sécret"}}, "printable ASCII"),
        ({"users": {"admin": "a:bcdef"}}, "without ':'"),
        ({"users": {"admin": "trailing "}}, "neither begin nor end"),
        ({"host": "0.0.0.0", "users": {"admin": "admin"}}, "can be reached from outside"),
        ({"host": "::", "users": {"admin": "a long one", "bob": "Bob"}}, "that of 'bob' is"),
        ({"start_timeout": float("nan")}, "start_timeout must be a positive number"),
        ({"start_timeout": 0}, "start_timeout must be a positive number"),
        ({"origins": "evil"}, "'evil' is no web origin"),
    ],
)
def test_wrong_settings_are_named(tmp_path, fields, says):
    with pytest.raises(ConfigError, match=says):
        HsdsSettings(tmp_path, **fields)


def test_admin_admin_is_allowed_where_only_this_machine_gets_in(tmp_path):
    for host in ("localhost", "127.0.0.1", "::1"):
        assert HsdsSettings(tmp_path, host=host, users={"admin": "admin"}).host == host


def test_slashes_around_the_bucket_are_dropped(tmp_path):
    assert HsdsSettings(tmp_path, bucket="/data").bucket == "data"


def test_passwords_are_random_and_not_shown(tmp_path):
    one, other = HsdsSettings(tmp_path), HsdsSettings(tmp_path)
    assert one.users["admin"] != other.users["admin"]
    assert one.users["admin"] not in repr(one)


def test_passwords_are_written_for_the_owner_alone(tmp_path):
    (tmp_path / "passwd.txt").write_text("left over")
    (tmp_path / "passwd.txt").chmod(0o644)
    write_configuration(HsdsSettings(tmp_path, users={"admin": "secret"}), tmp_path, "http://127.0.0.1:1")
    assert (tmp_path / "passwd.txt").read_text() == "admin:secret\n"
    assert stat.S_IMODE((tmp_path / "passwd.txt").stat().st_mode) == 0o600
    assert json.loads((tmp_path / "override.yml").read_text())["default_public"] is True


def test_variables_that_hsds_would_take_for_settings_are_not_passed_on():
    given = {"PATH": "/bin", "TIMEOUT": "1", "LOG_LEVEL": "DEBUG", "AWS_S3_GATEWAY": "x", "HTTP_PROXY": "x"}
    assert node_environment(given) == {"PATH": "/bin", "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}


def test_paths_are_meant_from_where_they_were_given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = HsdsSettings("store", python="env/bin/python")
    assert settings.store == tmp_path / "store"
    assert settings.python == str(tmp_path / "env" / "bin" / "python")
    assert HsdsSettings("store", python="python3").python == "python3"
