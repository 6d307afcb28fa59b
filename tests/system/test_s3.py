"""A system in S3: a stand-in of its service on this machine, and fsspec's own client of it."""

from __future__ import annotations

import os

import pytest

from livn_core.errors import BackendConnectionError, SystemNotFoundError
from livn_core.system import System, fetch

fsspec = pytest.importorskip("fsspec")
s3fs = pytest.importorskip("s3fs", reason="s3:// needs s3fs")
moto_server = pytest.importorskip("moto.server", reason='a server of S3 to test with: pip install "moto[server]"')


@pytest.fixture(scope="module")
def endpoint():
    server = moto_server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def bucket(endpoint, two_pops, monkeypatch):
    """A bucket with the system, and the settings that lead s3:// there, as fsspec takes them from the environment."""
    settings = {"endpoint_url": endpoint, "key": "testing", "secret": "testing"}
    monkeypatch.setitem(fsspec.config.conf, "s3", settings)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    s3fs.S3FileSystem.clear_instance_cache()
    s3 = s3fs.S3FileSystem()
    if not s3.exists("cultures"):
        s3.mkdir("cultures")
    s3.put(f"{two_pops}{os.sep}", "cultures/systems/EI2/", recursive=True)
    yield "s3://cultures/systems"
    s3.rm("cultures/systems", recursive=True)


def test_a_system_in_a_bucket(bucket, two_pops, tmp_path):
    path = fetch(f"{bucket}/EI2", tmp_path)
    with System(path) as system, System(two_pops) as original:
        assert (system.name, system.num_neurons) == ("EI2", 28)
        assert system.selections() == original.selections()
    for file in two_pops.rglob("*"):
        if file.is_file():
            assert (tmp_path / "systems/graphs/EI2" / file.relative_to(two_pops)).read_bytes() == file.read_bytes()
    with pytest.raises(SystemNotFoundError):
        fetch(f"{bucket}/EI3", tmp_path)


def test_a_service_that_is_not_there(bucket, tmp_path, monkeypatch):
    monkeypatch.setitem(
        fsspec.config.conf, "s3", {"endpoint_url": "http://127.0.0.1:9", "key": "x", "secret": "hunter2"}
    )
    s3fs.S3FileSystem.clear_instance_cache()
    with pytest.raises(BackendConnectionError) as caught:
        fetch(f"{bucket}/EI2", tmp_path)
    assert "hunter2" not in str(caught.value)
