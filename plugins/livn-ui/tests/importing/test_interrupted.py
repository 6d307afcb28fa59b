"""Imports that are killed, servers that are killed, and imports at the same time: nothing is lost, nothing is left."""

from __future__ import annotations

import os
import random
import signal
import threading
import time

import pytest
from livn_h5pyd.failures import Target
from livn_h5pyd.opening import open_domain
from livn_ui.hsds import HsdsServer
from livn_ui.importing import ClaimLostError, import_file
from livn_ui.importing import claim as claiming
from livn_ui.importing.administration import Administration
from livn_ui.importing.claim import Claim
from livn_ui.importing.progress import SWITCHING, WRITING, Watch
from livn_ui.importing.switching import former, importing
from livn_ui.testing import admin_of

from livn_core.errors import BackendConnectionError, BackendError, SourceNotFoundError

from .conftest import FORKSERVER, in_storage, is_whole

SEED = 20261123


def run_import(config, path, domain, ready=None):
    if ready is not None:
        ready.set()
    import_file(config, path, domain)


def kill_when_switching(config, path, domain, delay):
    def tell(step):
        if step.stage == SWITCHING:
            threading.Timer(delay, os.kill, (os.getpid(), signal.SIGKILL)).start()

    import_file(config, path, domain, progress=tell)


def what_readers_see(config, paths, domain):
    """Which of the versions is there, whole; ``None``: the name is not there at all."""
    try:
        open_domain(Target(config, domain)).close()
    except SourceNotFoundError:
        return None
    for path in paths:
        try:
            is_whole(config, path, domain)
        except BackendError:
            continue
        return path
    raise AssertionError("a reader sees something that was never imported")


@pytest.fixture(scope="module")
def server(start_hsds):
    return start_hsds()


@pytest.fixture
def quick_beats(monkeypatch):
    """Holders of a claim show themselves, and are given up, ten times as fast."""
    monkeypatch.setattr(claiming, "BEAT", 0.2)


def test_killed_at_twenty_points(server, versions, child):
    """Fourteen spread over the time that an import takes, six in the few milliseconds in which names change."""
    config, domain, chance = admin_of(server), "/killed/a.h5", random.Random(SEED)
    import_file(config, versions[0], domain)
    began = time.monotonic()
    import_file(config, versions[1], domain)
    duration = time.monotonic() - began
    there, absent = versions[1], 0
    for point in range(20):
        new = versions[0] if there == versions[1] else versions[1]
        if point < 14:
            ready = FORKSERVER.Event()
            process = child(run_import, config, new, domain, ready)
            assert ready.wait(60)
            time.sleep(duration * (point + chance.random()) / 14)
            process.kill()
        else:
            process = child(kill_when_switching, config, new, domain, chance.uniform(0, 0.02))
        process.join(60)
        seen = what_readers_see(config, (there, new), domain)
        absent += seen is None
        import_file(config, new, domain)
        assert is_whole(config, new, domain)
        assert in_storage(server, "killed") == ["a.h5"]
        there = new
    assert absent <= 6  # only where a kill was aimed at the switch


@pytest.mark.parametrize("steps", range(6))
def test_every_state_that_a_switch_can_leave_is_finished(server, small_versions, steps, quick_beats):
    """The steps of a switch, done by hand up to each of them, without any luck of timing."""
    config, domain = admin_of(server), f"/switch/{steps}/a.h5"
    old, new = small_versions
    import_file(config, old, domain)
    import_file(config, new, f"/switch/{steps}/new.h5")
    with Administration(config) as administration:
        administration.link(f"/switch/{steps}/new.h5", importing(domain))
        administration.drop_name(f"/switch/{steps}/new.h5")
        for step in (
            lambda: administration.link(domain, former(domain)),
            lambda: administration.drop_name(domain),
            lambda: administration.link(importing(domain), domain),
            lambda: administration.delete(former(domain)),
            lambda: administration.drop_name(importing(domain)),
        )[:steps]:
            step()
    done = import_file(config, new, domain)
    assert done.outcome == ("imported" if steps < 2 else "unchanged")
    assert done.bytes_written == 0
    assert is_whole(config, new, domain)
    assert in_storage(server, f"switch/{steps}") == ["a.h5"]


def test_the_server_is_killed_while_it_is_written_to(start_hsds, versions):
    server, domain = start_hsds(), "/server/a.h5"
    import_file(admin_of(server), versions[0], domain)

    def kill_server(step):
        if step.stage == WRITING and step.done > 1_000_000:
            for pid in server.pids().values():
                os.kill(pid, signal.SIGKILL)

    with pytest.raises(BackendConnectionError, match=r"cannot be reached|connection broke|no answer"):
        import_file(admin_of(server, timeout=5), versions[1], domain, progress=kill_server)
    server.stop()
    with HsdsServer(server.settings) as again:
        config = admin_of(again)
        assert is_whole(config, versions[0], domain)
        import_file(config, versions[1], domain)
        assert is_whole(config, versions[1], domain)
        assert in_storage(again, "server") == ["a.h5"]


def test_two_imports_at_once(server, versions, child):
    """The second waits for the first, and finds that there is nothing left to do, or imports its own version."""
    config, domain = admin_of(server), "/both/a.h5"
    for paths in ((versions[0], versions[0]), versions):
        processes = [child(run_import, config, path, domain) for path in paths]
        for process in processes:
            process.join(60)
        assert [process.exitcode for process in processes] == [0, 0]
        assert what_readers_see(config, paths, domain) is not None
        assert in_storage(server, "both") == ["a.h5"]


def test_imports_on_two_machines(server, versions, quick_beats, monkeypatch, tmp_path):
    """Where no lock is seen, the second import waits as long as the first one shows that it runs."""
    config, domain = admin_of(server), "/machines/a.h5"
    make_folder(config, domain)
    first = Claim.take(config, importing(domain), Watch(versions[0], domain))
    (tmp_path / "other").mkdir()
    monkeypatch.setattr(claiming.tempfile, "tempdir", str(tmp_path / "other"))
    monkeypatch.setattr(claiming, "MISSED", 10)  # a busy machine may miss some; 3 s are still more than that
    second = threading.Thread(target=import_file, args=(config, versions[0], domain))
    second.start()
    time.sleep(3)
    assert second.is_alive()
    first.check()
    first.release()
    second.join(30)
    assert not second.is_alive()
    assert is_whole(config, versions[0], domain)
    assert in_storage(server, "machines") == ["a.h5"]


def make_folder(config, domain):
    with Administration(config) as administration:
        administration.make_folders(domain)


def test_an_import_that_slept_too_long_gives_up(server, versions, quick_beats, monkeypatch, tmp_path):
    config, domain = admin_of(server), "/slept/a.h5"
    make_folder(config, domain)
    sleeper = Claim.take(config, importing(domain), Watch(versions[0], domain))
    sleeper._ended.set()  # it shows no sign of life, as in a machine that was suspended
    (tmp_path / "other").mkdir()
    monkeypatch.setattr(claiming.tempfile, "tempdir", str(tmp_path / "other"))
    import_file(config, versions[0], domain)
    with pytest.raises(ClaimLostError, match="another import took over"):
        sleeper.check()
    sleeper.release()
    assert is_whole(config, versions[0], domain)
