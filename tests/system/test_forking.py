"""A child that is forked while threads of its parent work."""

from __future__ import annotations

import multiprocessing
import sys
import threading

import pytest

from livn_core import System
from livn_core.forking import Lock
from livn_core.lazy import Lazy
from livn_core.neuroh5 import _projection
from livn_core.system import _coordinates

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="there is no fork"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),
]


@pytest.fixture
def forked_while(monkeypatch):
    """Fork a child while a function that a thread has called goes on, and give how the child ended."""

    def run(owner, name, in_thread, in_child):
        working, go_on, real = threading.Event(), threading.Event(), getattr(owner, name)

        def slow(*args, **kwargs):
            working.set()
            go_on.wait(60)
            return real(*args, **kwargs)

        monkeypatch.setattr(owner, name, slow)
        thread = threading.Thread(target=in_thread)
        thread.start()
        assert working.wait(60)
        monkeypatch.setattr(owner, name, real)
        child = multiprocessing.get_context("fork").Process(target=in_child, daemon=True)
        child.start()
        child.join(30)
        if child.exitcode is None:
            child.kill()
        go_on.set()
        thread.join()
        return child.exitcode

    return run


def test_coordinates_of_another_system(pair, backend, forked_while):
    with System(pair, backend=backend) as first, System(pair, backend=backend) as second:
        code = forked_while(
            _coordinates.Coordinates, "of_all", lambda: first.neuron_coordinates, lambda: second.neuron_coordinates
        )
    assert code == 0


def test_a_projection_that_the_parent_reads(pair, backend, forked_while):
    with System(pair, backend=backend) as system:
        projection = system.projection("EXC", "INH")
        assert forked_while(_projection, "read_destinations", projection.in_degree, projection.in_degree) == 0


def test_a_lock_keeps_others_out_and_may_be_taken_again():
    lock, order = Lock(), []
    with lock, lock:
        other = threading.Thread(target=lambda: lock.__enter__() or order.append("other"))
        other.start()
        other.join(0.05)
        order.append("first")
    other.join()
    assert order == ["first", "other"]


def test_both_of_two_threads_get_what_came_first():
    meeting = threading.Barrier(2)

    class Owner:
        @Lazy
        def value(self):
            """What it is."""
            meeting.wait(30)
            return object()

    owner, found = Owner(), []
    threads = [threading.Thread(target=lambda: found.append(owner.value)) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert found[0] is found[1] is owner.value
    assert Owner.value.__doc__ == "What it is."
