"""Several processes or threads that want the same system."""

from __future__ import annotations

import threading

import pytest

from livn_core.system import fetch
from livn_core.system._lock import one_at_a_time


def test_several_processes_get_it_once(server, two_pops, tmp_path, contents, left_in, run_at_once):
    server.wait = 0.05
    run_at_once(fetch, server.address, tmp_path / "here")
    assert contents(tmp_path / "here" / "systems" / "graphs" / "EI") == contents(two_pops)
    assert left_in() == ["EI"]
    assert sum(start == 0 for name, start, _ in server.log if name == "mea.json") == 1


def test_the_lock_is_held_by_one_at_a_time(tmp_path):
    pytest.importorskip("fcntl")
    inside, most = [0], []

    def work():
        for _ in range(30):
            with one_at_a_time(tmp_path / "lock"):
                inside[0] += 1
                most.append(inside[0])
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(most) == 120
    assert max(most) == 1
    assert list(tmp_path.iterdir()) == []
