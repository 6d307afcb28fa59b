"""From the content of a configuration file to a :class:`Config`; whatever is wrong is a ``ConfigError``."""

from __future__ import annotations

from typing import Final

from livn_core.generating._config import SECTIONS, TYPES, Config, Electrodes, Population, Projection, Site
from livn_core.generating._kernels import SHAPES, Kernel
from livn_core.generating._nodes import Node

NEEDED: Final = ("seed", "area", "layers", "populations", "projections")
DEFAULTS: Final = ("kernel", "contacts", "max_share")
"""What the file may say once for all projections."""

OF_PROJECTIONS: Final = ("sites", "mechanisms")
"""What may be said for one projection, or for all of a population's axons."""

OPTIONAL: Final = ("name", "description", *DEFAULTS, "electrodes", "selections")

MECHANISMS: Final = {
    "excitatory": {
        "AMPA": {"e": 0.0, "g_unit": 0.0005, "tau_rise": 0.5, "tau_decay": 3.0, "weight": 1.0},
        "NMDA": {"e": 0.0, "g_unit": 0.0005, "tau_rise": 0.5, "tau_decay": 80.0, "weight": 1.0},
    },
    "inhibitory": {"GABA_A": {"e": -60.0, "g_unit": 0.001, "tau_rise": 0.3, "tau_decay": 6.0, "weight": 1.0}},
}
"""Synaptic constants in mV, µS and ms, as the original's own systems have them."""

USUAL_SECTION: Final = {"excitatory": "dend", "inhibitory": "soma"}


def parse(root: Node, name: str) -> Config:
    """Check the content of a file and bring it into its form; ``name`` is taken where it gives none."""
    given = root.fields(NEEDED, OPTIONAL)
    layers = {name: _layer(one) for name, one in given["layers"].members().items()}
    populations = {name: _population(one, layers) for name, one in given["populations"].members().items()}
    axons = {name: _axon(one) for name, one in given["populations"].members().items()}
    return Config(
        name=_name(given["name"]) if "name" in given else name,
        description=given["description"].text() if "description" in given else "",
        seed=given["seed"].whole(0),
        area=_area(given["area"]),
        layers=layers,
        populations=populations,
        projections=_projections(given, axons, populations, layers),
        electrodes=_electrodes(given["electrodes"]) if "electrodes" in given else None,
        selections=_selections(given["selections"]) if "selections" in given else {},
    )


def _name(node: Node) -> str:
    name = node.text()
    if not name or name.startswith(".") or set(name) & set("/\\:\0"):
        raise node.error(f"{name!r} cannot be the name of a directory")
    return name


def _area(node: Node) -> tuple[float, float]:
    width, height = node.pair()
    if not (width > 0 and height > 0):
        raise node.error(f"both sides have to be above 0, not {node.value!r}")
    return width, height


def _layer(node: Node) -> tuple[float, float]:
    low, high = node.pair()
    if low > high:
        raise node.error(f"the first number must not be above the second, but is {node.value!r}")
    return low, high


def _population(node: Node, layers: dict[str, tuple[float, float]]) -> Population:
    given = node.fields(("count", "type"), ("axon",))
    count = given["count"]
    if isinstance(count.value, dict):
        counts = {layer: one.whole(0) for layer, one in count.fields(optional=layers).items()}
    elif len(layers) == 1:
        counts = {next(iter(layers)): count.whole(1)}
    else:
        raise count.error(f"has to give a number for each layer ({', '.join(layers)}), not {count.value!r}")
    if not sum(counts.values()):
        raise count.error("the population has no cells")
    return Population({layer: counts[layer] for layer in layers if layer in counts}, given["type"].choice(TYPES))


def _axon(node: Node) -> dict[str, Node]:
    """What all projections from a population have in common."""
    given = node.members()
    return given["axon"].fields(optional=(*DEFAULTS, *OF_PROJECTIONS)) if "axon" in given else {}


def _projections(
    given: dict[str, Node],
    axons: dict[str, dict[str, Node]],
    populations: dict[str, Population],
    layers: dict[str, tuple[float, float]],
) -> dict[tuple[str, str], Projection]:
    defaults: dict[str, Node] = {name: given[name] for name in DEFAULTS if name in given}
    found: dict[tuple[str, str], Projection] = {}
    for key, node in given["projections"].members().items():
        names = [part.strip() for part in key.split("->")]
        if len(names) != 2:
            raise node.error("a projection is named 'PRE -> POST'")
        for name in names:
            if name not in populations:
                raise node.error(f"there is no population {name!r}; there is {', '.join(populations)}")
        pre, post = names
        if (pre, post) in found:
            raise node.error("this projection is given twice")
        found[pre, post] = _projection(node, populations[pre], {**defaults, **axons[pre]}, layers)
    return {(pre, post): found[pre, post] for post in populations for pre in populations if (pre, post) in found}


def _projection(
    node: Node, pre: Population, defaults: dict[str, Node], layers: dict[str, tuple[float, float]]
) -> Projection:
    own = node.fields(("in_degree",), (*DEFAULTS, *OF_PROJECTIONS))
    given = {**defaults, **own}
    if "kernel" not in given:
        raise node.child("kernel", None).error("is missing here, in the population's axon, and for the whole file")
    in_degree, fixed = _in_degree(given["in_degree"])
    return Projection(
        in_degree=in_degree,
        fixed=fixed,
        kernel=_kernel(given["kernel"]),
        contacts=given["contacts"].whole(1) if "contacts" in given else 1,
        max_share=given["max_share"].number(above=0, most=1) if "max_share" in given else 1.0,
        sites=_sites(given["sites"], layers) if "sites" in given else _usual_sites(pre, layers),
        mechanisms=_mechanisms(given["mechanisms"]) if "mechanisms" in given else MECHANISMS[pre.type],
    )


def _in_degree(node: Node) -> tuple[float, bool]:
    if isinstance(node.value, dict):
        return node.fields(("mean",))["mean"].number(above=0), False
    if isinstance(node.value, float):
        raise node.error(
            f"a fixed number has to be whole; for {node.value:g} on average, write {{mean: {node.value:g}}}"
        )
    return node.whole(1), True


def _kernel(node: Node) -> Kernel:
    given = node.fields(optional=SHAPES)
    if len(given) != 1:
        raise node.error(f"has to be one of {', '.join(SHAPES)}, not several")
    [(shape, length)] = given.items()
    return Kernel(shape, length.number(above=0))


def _usual_sites(pre: Population, layers: dict[str, tuple[float, float]]) -> tuple[Site, ...]:
    return (Site(USUAL_SECTION[pre.type], next(iter(layers)), 1.0),)


def _sites(node: Node, layers: dict[str, tuple[float, float]]) -> tuple[Site, ...]:
    found = []
    for one in node.items():
        given = one.fields(("section", "layer"), ("share",))
        share = given["share"].number(above=0) if "share" in given else 1.0
        found.append(Site(given["section"].choice(SECTIONS), given["layer"].choice(layers), share))
    return tuple(found)


def _mechanisms(node: Node) -> dict[str, dict[str, float]]:
    return {
        name: {constant: value.number() for constant, value in one.members().items()}
        for name, one in node.members().items()
    }


def _electrodes(node: Node) -> Electrodes:
    given = node.fields(("pitch", "input_radius", "output_radius"))
    return Electrodes(**{name: one.number(above=0) for name, one in given.items()})


def _selections(node: Node) -> dict[str, float]:
    return {name: one.fields(("box",))["box"].number(above=0) for name, one in node.members().items()}
