"""How often a reader has to wait for the server: counted by a proxy that passes requests on when no more come.

Requests side by side are one round, whatever their number.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from livn_h5pyd import brief
from livn_h5pyd.testing import Say
from livn_ui.importing import import_system
from livn_ui.importing.administration import Administration

from livn_core import System

EI1 = Path(__file__).parents[3] / "systems" / "graphs" / "EI1"
ATTRIBUTES = ["Connections/distance", "Synapses/syn_id"]
QUIET = 0.5
"""Seconds without another request until those of a round are passed on."""

pytestmark = pytest.mark.skipif(not EI1.is_dir(), reason="the system EI1 is in the repository only")


@pytest.fixture(scope="module")
def summarised(admin):
    import_system(admin, EI1, "Summarised")
    return "Summarised"


@pytest.fixture(scope="module")
def fresh(admin):
    """Imported by h5pyd's own tool a moment ago."""
    Administration(admin).make_folders("/Fresh/cells.h5")
    login = ["-e", admin.endpoint, "-u", admin.username, "-p", admin.password, "--bucket", admin.bucket]
    tool = Path(sys.executable).with_name("hsload")
    for name in ("cells.h5", "connections.h5"):
        subprocess.run([tool, *login, str(EI1 / name), f"/Fresh/{name}"], check=True, capture_output=True)
    return "Fresh"


@pytest.fixture
def through(hsds, proxy, set_hsds, tmp_path, monkeypatch):
    between = proxy(hsds.endpoint)
    between.gather = QUIET
    set_hsds(endpoint=between.endpoint)
    monkeypatch.chdir(tmp_path)
    return between


def hide_summaries(proxy):
    """HSDS summarises a domain when nobody has written to it for 10 s: too soon for a slow machine."""
    proxy.rewrite = lambda request: request.replace(b"getobjs=1&", b"")


@pytest.mark.parametrize("name", ["summarised", "fresh"])
def test_rounds(through, request, name):
    """They are 4 and 3, or 5 and 4; a machine that stands still for half a second may split one in two."""
    if name == "fresh":
        hide_summaries(through)
    name = request.getfixturevalue(name)
    with System(name) as remote, System(str(EI1), backend=["pyfive", "neuroh5"]) as local:
        assert np.array_equal(remote.neuron_coordinates, local.neuron_coordinates)
        assert through.rounds() <= 6
        through.seen.clear()
        found, expected = (one.projection("EXC", "INH").read(attributes=ATTRIBUTES) for one in (remote, local))
        assert through.rounds() <= 4
        assert np.array_equal(found.pre_gids, expected.pre_gids)
        for path in ATTRIBUTES:
            space, attribute = path.split("/")
            assert np.array_equal(found.attributes[space][attribute], expected.attributes[space][attribute])
        through.seen.clear()
        remote.projection("EXC", "INH").read(gids=found.post_gids[:1], attributes=ATTRIBUTES)
        assert through.rounds() <= 2  # all else is known by now


def test_nothing_is_asked_for_twice(through, summarised):
    with System(summarised) as system:
        system.neuron_coordinates  # noqa: B018
        system.projection("EXC", "INH").read(attributes=True)
    asked = [one.line for one in through.seen]
    assert len(asked) == len(set(asked)) <= 30


def test_another_system_of_a_known_server_costs_less(through, summarised, fresh):
    with System(summarised) as one:
        one.neuron_coordinates  # noqa: B018
        through.seen.clear()
        with System(fresh) as other:
            assert other.populations == one.populations
    assert not any("/about" in one.line for one in through.seen)


@pytest.mark.parametrize(
    "fault", [Say(500), Say(404), Say(200, b'{"links": []}', "application/json"), Say(200, b"<html>", "text/html"), 5]
)
def test_a_domain_whose_links_do_not_come_at_once_is_looked_at_step_by_step(through, fresh, monkeypatch, fault):
    """The last one: there are more links than are asked for."""
    through.gather = 0.0
    hide_summaries(through)
    if fault == 5:
        monkeypatch.setattr(brief, "MOST_LINKS", fault)
    else:
        through.fault = lambda line: fault if "follow_links" in line else None
    with System(fresh) as remote, System(str(EI1), backend=["pyfive", "neuroh5"]) as local:
        assert np.array_equal(remote.neuron_coordinates, local.neuron_coordinates)
        found, expected = (one.projection("EXC", "INH").read(attributes=True) for one in (remote, local))
        assert np.array_equal(found.pre_gids, expected.pre_gids)
    assert sum("follow_links" in one.line for one in through.seen) == 2
