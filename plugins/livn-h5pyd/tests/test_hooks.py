"""The hooks as the core calls them, and what they import."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys

import livn_h5pyd
import pytest
from livn_h5pyd import livn_backend_available, livn_backend_open, livn_backend_priority

from livn_core import default_backends
from livn_core.errors import BackendWarning, ConfigError


@pytest.mark.parametrize("source", [None, "EI1", "systems/graphs/EI1/cells.h5", "hdf5://EI1/cells.h5"])
def test_yes_where_a_server_is_named(set_hsds, source):
    set_hsds(endpoint="http://localhost:5101")
    answer = livn_backend_available(source)
    assert answer.ok
    assert answer.reason == "LIVN_HSDS names http://localhost:5101"


@pytest.mark.parametrize("source", ["https://x.org/cells.h5", "s3://b/cells.h5", "file:///cells.h5"])
def test_no_to_other_schemes_whatever_is_set(set_hsds, monkeypatch, source):
    monkeypatch.setenv("LIVN_HSDS", "not JSON")
    answer = livn_backend_available(source)
    assert not answer.ok
    assert "hdf5://" in answer.reason


def test_no_with_a_remedy_where_no_server_is_named():
    answer = livn_backend_available("EI1")
    assert (answer.ok, answer.reason) == (False, "LIVN_HSDS is not set")
    assert json.loads(answer.remedy.partition("=")[2].strip("'")) == {"endpoint": "http://localhost:5101"}


def test_a_wrong_setting_stops_the_choice(monkeypatch):
    monkeypatch.setenv("LIVN_HSDS", "not JSON")
    with pytest.raises(ConfigError, match="LIVN_HSDS is not valid JSON"):
        livn_backend_available("EI1")
    with pytest.raises(ConfigError, match="LIVN_HSDS is not valid JSON"):
        default_backends().select("EI1")


def test_a_server_is_named_but_h5pyd_is_missing(set_hsds, monkeypatch):
    set_hsds(endpoint="http://localhost:5101")
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "h5pyd" else find_spec(name))
    with pytest.warns(BackendWarning, match="LIVN_HSDS is set, but h5pyd is not installed"):
        answer = livn_backend_available("EI1")
    assert not answer.ok
    assert "pip install" in answer.remedy


def test_it_ranks_first(set_hsds):
    set_hsds(endpoint="http://localhost:5101")
    assert livn_backend_priority() == 30
    selection = default_backends().select("EI1")
    assert selection.backend.name == "h5pyd"


def test_no_server_is_named_but_the_backend_is_asked_for_by_hand():
    with pytest.raises(ConfigError, match="LIVN_HSDS is not set; for instance"):
        livn_backend_open("EI1/cells.h5", {})


def test_probing_imports_nothing_heavy():
    code = (
        "import json, os, sys, livn_h5pyd\n"
        "os.environ['LIVN_HSDS'] = json.dumps({'endpoint': 'http://localhost:5101'})\n"
        "assert livn_h5pyd.livn_backend_available('EI1').ok\n"
        "print([m for m in ('h5pyd', 'h5json', 'requests', 'urllib3', 'h5py', 'scipy', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_is_public_exists():
    assert all(hasattr(livn_h5pyd, name) for name in livn_h5pyd.__all__)
