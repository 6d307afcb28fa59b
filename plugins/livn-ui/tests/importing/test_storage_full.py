"""The server cannot write: the former import stays, the error says why, and all is well when there is room again."""

from __future__ import annotations

import resource
import sys
import time

import pytest
from livn_ui.importing import ImportOptions, StorageError, import_file
from livn_ui.importing.destination import ServerLog
from livn_ui.importing.importer import Import
from livn_ui.testing import admin_of

from .conftest import in_storage, is_whole, write_version

MIB = 2**20


def limit_files(server, size):
    """Let no process of a server make a file larger than this; what is larger fails like a full disk does."""
    for pid in server.pids().values():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def contents(server):
    """Which roots have content in the storage, whether or not a name leads there; HSDS leaves empty directories."""
    everything = server.settings.store / server.settings.bucket / "db"
    return sorted({path.relative_to(everything).parts[0] for path in everything.rglob("*") if path.is_file()})


def wait_for(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.fixture
def root_dir(tmp_path):
    return tmp_path / "systems"


@pytest.fixture
def server(start_hsds, root_dir):
    return start_hsds(store=root_dir / ".hsds")


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux limits another process")
def test_files_that_cannot_be_written(server, root_dir, tmp_path):
    versions = [write_version(tmp_path / f"{seed}.h5", seed, datasets=3, rows=600_000) for seed in (1, 2)]
    admin, domain = admin_of(server), "/full/a.h5"
    import_file(admin, versions[0], domain)
    (content,) = contents(server)
    log = ServerLog(root_dir)
    limit_files(server, 3 * MIB // 2)  # a chunk is larger, and the log is not
    with pytest.raises(StorageError, match=r"/full/a\.h5\.importing.* cannot write .*: File too large") as caught:
        Import(admin, versions[1], domain, ImportOptions(trouble=log.trouble)).run()
    assert "make room where it keeps its data, and import again" in str(caught.value)
    assert is_whole(admin, versions[0], domain)
    limit_files(server, resource.RLIM_INFINITY)
    assert import_file(admin, versions[1], domain).bytes_written == 7_200_000
    assert is_whole(admin, versions[1], domain)
    assert in_storage(server, "full") == ["a.h5"]
    wait_for(lambda: len(contents(server)) == 1)
    assert contents(server) != [content]


@pytest.mark.skipif(sys.platform != "linux", reason="tmpfs is Linux's")
def test_a_disk_that_is_full(start_hsds, small_disk, tmp_path):
    disk = small_disk(40)
    old, new = write_version(tmp_path / "old.h5", 1), write_version(tmp_path / "new.h5", 2, datasets=20)
    server = start_hsds(store=disk / ".hsds")
    admin, domain = admin_of(server), "/full/a.h5"
    import_file(admin, old, domain)
    filler = disk / "filler"
    filler.write_bytes(bytes(20 * MIB))
    log = ServerLog(disk)
    with pytest.raises(StorageError, match=r"cannot write what it was given: (No space left|the disk of .* is full)"):
        Import(admin, new, domain, ImportOptions(trouble=log.trouble)).run()
    assert is_whole(admin, old, domain)
    filler.unlink()
    import_file(admin, new, domain)
    assert is_whole(admin, new, domain)
    assert in_storage(server, "full") == ["a.h5"]
    wait_for(lambda: len(contents(server)) == 1)
    server.stop()
