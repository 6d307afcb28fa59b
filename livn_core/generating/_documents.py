"""The JSON beside a generated system: graph.json (version 1) and the others, as the original livn reads them."""

from __future__ import annotations

from typing import Any

import numpy as np

from livn_core.generating._config import Config, Electrodes, Projection
from livn_core.generating._connecting import Network
from livn_core.h5file import AnyArray

ELEMENT = "generated"
"""What the elements of graph.json are called that the original keeps by name."""

COORDINATES = "Generated Coordinates"

REVISION = 1
"""Goes up when the same configuration gives another system than before."""


def documents(network: Network) -> dict[str, object]:
    """Every document of a system, by its path."""
    config = network.config
    found: dict[str, object] = {
        "graph.json": _graph(config),
        "provenance.json": {"generator": "livn-core", "revision": REVISION, "config": config.document()},
    }
    if config.electrodes is not None:
        found["mea.json"] = _mea(config, config.electrodes)
    for name, side in config.selections.items():
        found[f"selection/{name}.json"] = _selection(network, side)
    return found


def _graph(config: Config) -> dict[str, Any]:
    space = {
        "coordinate_namespace": COORDINATES,
        "cell_distributions": {name: dict(one.counts) for name, one in config.populations.items()},
        "layer_extents": {
            layer: [[0.0, 0.0, low], [*config.area, high]] for layer, (low, high) in config.layers.items()
        },
    }
    counts = {name: one.count for name, one in config.populations.items()}
    types: dict[str, dict[str, object]] = {
        name: {"mechanism": None, "synapses": {}, "synapse_type": one.type} for name, one in config.populations.items()
    }
    return {
        "version": 1,
        "architecture": _element(config, "architecture", {**space, "cell_counts": counts}),
        "distances": {ELEMENT: _element(config, "distances", space)},
        "synapse_forest": {},
        "synapses": {ELEMENT: _element(config, "synapses", {"cell_types": types})},
        "connections": {ELEMENT: _element(config, "connections", _connections(config))},
    }


def _element(config: Config, kind: str, content: dict[str, Any]) -> dict[str, Any]:
    return {"uuid": config.uuid(kind), "config": content}


def _connections(config: Config) -> dict[str, Any]:
    return {
        "coordinates_namespace": COORDINATES,
        "connectivity_namespace": "Connections",
        "distances_namespace": "Connections",
        "synapses_namespace": "Synapse Attributes",
        "population_definitions": config.indices,
        "layer_definitions": {layer: at for at, layer in enumerate(config.layers)},
        "synapses": {
            post: {
                pre: _projection(config.populations[pre].type, config.projections[pre, post])
                for pre in config.pres(post)
            }
            for post in config.populations
        },
    }


def _projection(kind: str, one: Projection) -> dict[str, Any]:
    return {
        "type": kind,
        "contacts": one.contacts,
        "layers": [site.layer for site in one.sites],
        "sections": [site.section for site in one.sites],
        "proportions": [site.share for site in one.sites],
        "mechanisms": {"default": {name: dict(values) for name, values in one.mechanisms.items()}},
        "kernel": {"kernel": one.kernel.shape, "sigma": one.kernel.length, "allow_self_connections": False},
    }


def _mea(config: Config, electrodes: Electrodes) -> dict[str, Any]:
    """A centred grid of electrodes at half height; rows are ``[channel, x, y, z]``, µm."""
    xs, ys = (_centred(length, electrodes.pitch) for length in config.area)
    places = [(float(x), float(y)) for y in ys for x in xs]
    height = sum(config.depth) / 2
    return {
        "electrode_coordinates": [[float(channel), x, y, height] for channel, (x, y) in enumerate(places)],
        "input_radius": electrodes.input_radius,
        "output_radius": electrodes.output_radius,
    }


def _centred(length: float, pitch: float) -> AnyArray:
    """As many places as fit into a length, of which the number is a power of two."""
    count = 1 << (int(length // pitch) + 1).bit_length() - 1
    return (length - (count - 1) * pitch) / 2 + np.arange(count) * pitch


def _selection(network: Network, side: float) -> dict[str, Any]:
    """The cells in a centred square, as far as it lies within the area."""
    config = network.config
    half = [min(side, length) / 2 for length in config.area]
    low, high = ([length / 2 + sign * one for length, one in zip(config.area, half, strict=True)] for sign in (-1, 1))
    gids = {}
    for name, places in network.places.items():
        inside = ((places[:, :2] >= low) & (places[:, :2] <= high)).all(axis=1)
        gids[name] = (np.flatnonzero(inside) + config.ranges[name][0]).tolist()
    return {"gids": gids, "meta": {"graph": config.uuid("architecture"), "bounds": [low, high]}}
