"""The JSON beside a generated system: graph.json (version 1) and mea.json, as the original livn reads them."""

from __future__ import annotations

import uuid
from typing import Any

import numpy as np

from systems.configuration import Config
from systems.culture import SECTIONS, Culture

LAYER = "2D"
NAMESPACE = uuid.UUID("5d3f9a52-6a0b-5c0e-9f58-1b1d6c1f7a10")
MECHANISMS = {
    "excitatory": {
        "AMPA": {"e": 0.0, "g_unit": 0.0005, "tau_rise": 0.5, "tau_decay": 3.0, "weight": 1.0},
        "NMDA": {"e": 0.0, "g_unit": 0.0005, "tau_rise": 0.5, "tau_decay": 80.0, "weight": 1.0},
    },
    "inhibitory": {"GABA_A": {"e": -60.0, "g_unit": 0.001, "tau_rise": 0.3, "tau_decay": 6.0, "weight": 1.0}},
}
"""Synaptic constants in mV, µS and ms, as the original's own systems have them."""


def graph_document(config: Config, culture: Culture) -> dict[str, Any]:
    """Describe the system: which cells, where, and what connects them."""
    layers = {name: {LAYER: one.count} for name, one in config.populations.items()}
    space = {
        "coordinate_namespace": "Generated Coordinates",
        "cell_distributions": layers,
        "layer_extents": {LAYER: [[0.0, 0.0, 0.0], [float(size) for size in config.extent]]},
    }
    counts = {name: one.count for name, one in config.populations.items()}
    return {
        "version": 1,
        "architecture": _element(config, "architecture", {**space, "cell_counts": counts}),
        "distances": {"culture2d": _element(config, "distances", space)},
        "synapse_forest": {},
        "synapses": {"culture2d": _element(config, "synapses", {"cell_types": _cell_types(config)})},
        "connections": {"culture2d": _element(config, "connections", _connections(config, culture))},
    }


def _element(config: Config, kind: str, content: dict[str, Any]) -> dict[str, Any]:
    # Derived from what the element describes, so that the same configuration gives the same file.
    return {"uuid": str(uuid.uuid5(NAMESPACE, f"{config!r} {kind}")), "config": content}


def _cell_types(config: Config) -> dict[str, Any]:
    return {
        name: {"mechanism": None, "synapses": {}, "synapse_type": one.type} for name, one in config.populations.items()
    }


def _connections(config: Config, culture: Culture) -> dict[str, Any]:
    return {
        "coordinates_namespace": "Generated Coordinates",
        "connectivity_namespace": "Connections",
        "distances_namespace": "Connections",
        "synapses_namespace": "Synapse Attributes",
        "population_definitions": {name: index for index, name in enumerate(config.populations)},
        "layer_definitions": {LAYER: 0},
        "synapses": {
            post: {pre: _projection(config, pre) for pre, other in culture.edges if other == post}
            for post in config.populations
        },
    }


def _projection(config: Config, pre: str) -> dict[str, Any]:
    kind = config.populations[pre].type
    return {
        "type": kind,
        "contacts": 1,
        "layers": [LAYER],
        "sections": [SECTIONS[kind][0]],
        "proportions": [1.0],
        "mechanisms": {"default": MECHANISMS[kind]},
        "kernel": {"sigma": config.connectivity.sigma, "allow_self_connections": False},
    }


def mea_document(config: Config) -> dict[str, Any]:
    """A centred grid of electrodes at half height; rows are ``[channel, x, y, z]``, µm."""
    width, height, depth = config.extent
    pitch = config.electrodes.pitch
    columns, rows = _fitting(width, pitch), _fitting(height, pitch)
    xs = (width - (columns - 1) * pitch) / 2 + np.arange(columns) * pitch
    ys = (height - (rows - 1) * pitch) / 2 + np.arange(rows) * pitch
    places = [(float(x), float(y)) for y in ys for x in xs]
    return {
        "electrode_coordinates": [[float(channel), x, y, depth / 2] for channel, (x, y) in enumerate(places)],
        "input_radius": config.electrodes.input_radius,
        "output_radius": config.electrodes.output_radius,
    }


def _fitting(length: float, pitch: float) -> int:
    """The largest power of two of electrodes that fits into a length."""
    return 1 << (int(length // pitch) + 1).bit_length() - 1
