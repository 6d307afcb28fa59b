"""Configurations to generate from, and what they give."""

from __future__ import annotations

import copy

import pytest

for needed in ("h5py", "yaml", "livn_pyfive"):
    pytest.importorskip(needed, reason=f"generating and reading back needs {needed}")

from livn_core.generating._nodes import Node  # noqa: E402
from livn_core.generating._parsing import parse  # noqa: E402

CONTENT = {
    "seed": 5,
    "area": [400, 300],
    "layers": {"low": [0, 20], "high": [20, 30]},
    "populations": {
        "PYR": {"count": {"low": 150, "high": 50}, "type": "excitatory"},
        "BC": {"count": {"high": 60}, "type": "inhibitory"},
    },
    "kernel": {"exponential": 80},
    "projections": {
        "PYR -> PYR": {"in_degree": 12},
        "PYR -> BC": {"in_degree": {"mean": 9.5}, "contacts": 3},
        "BC -> PYR": {
            "in_degree": 5,
            "kernel": {"gaussian": 60},
            "sites": [
                {"section": "soma", "layer": "low", "share": 3},
                {"section": "apical", "layer": "high", "share": 1},
            ],
        },
    },
    "electrodes": {"pitch": 100, "input_radius": 50, "output_radius": 80},
    "selections": {"e1": {"box": 100}, "e2": {"box": 200}},
}


@pytest.fixture
def content():
    """The content of a configuration file; each test has its own."""
    return copy.deepcopy(CONTENT)


@pytest.fixture
def parsed():
    """Parse the content of a configuration file."""
    return lambda content: parse(Node("mine.yml", "", content), "mine")
