"""``LIVN_HSDS``: every field checked, each error naming its field, no password shown."""

from __future__ import annotations

import json
import traceback

import pytest
from livn_h5pyd import HsdsConfig
from livn_h5pyd.config import ENV_VAR

from livn_core.errors import ConfigError

SECRET = "s3cr3t-word"
HERE = "http://localhost:5101"


def test_the_endpoint_alone_is_enough():
    config = HsdsConfig.from_mapping({"endpoint": "http://localhost:5101/"})
    assert config == HsdsConfig(
        endpoint="http://localhost:5101",
        bucket="data",
        username=None,
        password=None,
        files_endpoint="http://localhost:5102",
        timeout=10.0,
        retries=2,
    )


@pytest.mark.parametrize(
    ("endpoint", "files"),
    [
        ("http://localhost:5101", "http://localhost:5102"),
        ("http://[::1]:5101", "http://[::1]:5102"),
        ("https://hsds.example.org", "https://hsds.example.org:444"),
        ("http://10.0.0.1:8080/hsds/", "http://10.0.0.1:8081"),
    ],
)
def test_the_companion_is_one_port_up(endpoint, files):
    assert HsdsConfig.from_mapping({"endpoint": endpoint}).files_endpoint == files


@pytest.mark.parametrize(
    ("given", "sent"), [("/data", "data"), ("data", "data"), ("/lab/", "lab"), ("", ""), ("/", "")]
)
def test_slashes_around_a_bucket_are_not_sent(given, sent):
    assert HsdsConfig.from_mapping({"endpoint": HERE, "bucket": given}).bucket == sent


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "no field 'endpoint'"),
        ({"bucket": "x"}, "no field 'endpoint'"),
        ({"endpoint": 5101}, "field 'endpoint' must be a string, not a int"),
        ({"endpoint": ""}, "field 'endpoint' must be an address"),
        ({"endpoint": "localhost:5101"}, "field 'endpoint' must be an address"),
        ({"endpoint": "ftp://localhost"}, "field 'endpoint' must be an address"),
        ({"endpoint": "http://"}, "field 'endpoint' must be an address"),
        ({"endpoint": "http://localhost:99999"}, "field 'endpoint' must be an address"),
        ({"endpoint": "http://localhost:port"}, "field 'endpoint' must be an address"),
        ({"endpoint": "http://[::1"}, "field 'endpoint' must be an address"),
        ({"endpoint": f"{HERE}/?bucket=a"}, "field 'endpoint' must be an address"),
        ({"endpoint": HERE, "files_endpoint": "5102"}, "field 'files_endpoint' must be an address"),
        ({"endpoint": HERE, "files_endpoint": True}, "field 'files_endpoint' must be a string, not a bool"),
        ({"endpoint": HERE, "bucket": 5}, "field 'bucket' must be a string"),
        ({"endpoint": HERE, "bucket": "a/b"}, "field 'bucket' must be one folder name"),
        ({"endpoint": HERE, "bucket": ".."}, "field 'bucket' must be one folder name"),
        (
            {"endpoint": HERE, "timeout": "5"},
            "field 'timeout' must be a number of seconds, more than 0 and at most 86400, not '5'",
        ),
        ({"endpoint": HERE, "timeout": True}, "field 'timeout' must be a number of seconds, .*, not True"),
        ({"endpoint": HERE, "timeout": 0}, "field 'timeout'"),
        ({"endpoint": HERE, "timeout": -1}, "field 'timeout'"),
        ({"endpoint": HERE, "timeout": 1e30}, "field 'timeout' must be a number of seconds, .*, not 1e.30"),
        ({"endpoint": HERE, "timeout": float("nan")}, "field 'timeout'"),
        ({"endpoint": HERE, "timeout": float("inf")}, "field 'timeout'"),
        ({"endpoint": HERE, "retries": 1.5}, "field 'retries' must be an integer from 0 to 100, not 1.5"),
        ({"endpoint": HERE, "retries": True}, "field 'retries'"),
        ({"endpoint": HERE, "retries": -1}, "field 'retries'"),
        ({"endpoint": HERE, "username": 5, "password": "x"}, "field 'username' must be a string"),
        ({"endpoint": HERE, "username": "bob"}, "field 'username' is given without 'password'"),
        ({"endpoint": HERE, "password": SECRET}, "field 'password' is given without 'username'"),
        ({"endpoint": HERE, "pasword": SECRET}, "unknown field 'pasword'; there is endpoint, bucket"),
        ({"endpoint": HERE, "password": [SECRET], "username": "bob"}, "field 'password' must be a string, not a list"),
        ({"endpoint": f"http://bob:{SECRET}@localhost"}, "field 'endpoint' holds a user name or password"),
        ({"endpoint": f"http://bob:{SECRET}@localhost:x"}, "field 'endpoint' holds a user name or password"),
    ],
)
def test_a_wrong_field_is_named_and_no_password_shown(monkeypatch, fields, says):
    monkeypatch.setenv(ENV_VAR, json.dumps(fields))
    with pytest.raises(ConfigError, match=says) as caught:
        HsdsConfig.from_environment()
    assert SECRET not in str(caught.value)
    assert ENV_VAR in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f'{{"endpoint": "{HERE}", "password": "{SECRET}"', "not valid JSON at character"),
        (HERE, "not valid JSON at character 1"),
        (f"['{SECRET}']", "not valid JSON"),
        (f'["{SECRET}"]', "must be a JSON object, not a list"),
        (f'"{SECRET}"', "must be a JSON object, not a str"),
        ("null", "must be a JSON object, not a NoneType"),
    ],
)
def test_what_is_no_json_object_is_an_error_that_shows_none_of_it(monkeypatch, text, says):
    monkeypatch.setenv(ENV_VAR, text)
    with pytest.raises(ConfigError, match=says) as caught:
        HsdsConfig.from_environment()
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_a_password_is_not_in_the_repr():
    config = HsdsConfig.from_mapping({"endpoint": HERE, "username": "bob", "password": SECRET})
    assert SECRET not in repr(config)
    assert "bob" in repr(config)
    assert config.password == SECRET


def test_unset_and_empty_mean_no_server(monkeypatch):
    monkeypatch.delenv(ENV_VAR, raising=False)
    assert HsdsConfig.from_environment() is None
    monkeypatch.setenv(ENV_VAR, "  ")
    assert HsdsConfig.from_environment() is None


def test_options_win_over_the_variable_field_by_field(monkeypatch):
    monkeypatch.setenv(ENV_VAR, json.dumps({"endpoint": HERE, "bucket": "lab", "timeout": 5}))
    config = HsdsConfig.from_environment({"timeout": 7, "retries": 0})
    assert (config.bucket, config.timeout, config.retries) == ("lab", 7.0, 0)


def test_a_function_is_an_option_and_no_field(monkeypatch):
    monkeypatch.setenv(ENV_VAR, json.dumps({"endpoint": HERE}))
    assert HsdsConfig.from_environment({"progress": print}) == HsdsConfig.from_environment()
    monkeypatch.setenv(ENV_VAR, json.dumps({"endpoint": HERE, "progress": 1}))
    with pytest.raises(ConfigError, match=f"{ENV_VAR}: unknown field 'progress'"):
        HsdsConfig.from_environment()


def test_an_unknown_option_is_refused_whatever_is_set(monkeypatch):
    with pytest.raises(ConfigError, match="backend option: unknown field 'mmap'"):
        HsdsConfig.from_environment({"mmap": True})
    monkeypatch.setenv(ENV_VAR, json.dumps({"endpoint": HERE}))
    with pytest.raises(ConfigError, match="backend option: unknown field 'mmap'"):
        HsdsConfig.from_environment({"mmap": True})
