"""What ``graph.json`` declares about synapses, as the names that simulators use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

SynapseProjection: TypeAlias = tuple[str, str, str, str, str]


def synapse_projections(synapses: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> list[SynapseProjection]:
    """Every kind of synapse that is declared.

    Parameters
    ----------
    synapses
        ``{post: {pre: settings}}``.

    Returns
    -------
    list
        ``(post, pre, section, mechanism, type)``, sorted, each once.
    """
    return sorted(
        {
            (post, pre, section, mechanism, settings.get("type", "excitatory"))
            for post, sources in synapses.items()
            for pre, settings in sources.items()
            for section in settings.get("sections") or ()
            for mechanism in (settings.get("mechanisms") or {}).get("default") or ()
        }
    )


def weight_names(found: Iterable[SynapseProjection], section_name: Callable[[str, str], str]) -> list[str]:
    """The names of synaptic weights: ``post_pre-section-mechanism-weight``, each once, in the order of ``found``.

    Parameters
    ----------
    found
        What :func:`synapse_projections` returned.
    section_name
        Called with a population and a section for the section's name in the simulator.
    """
    names = [
        f"{post}_{pre}-{section_name(post, section)}-{mechanism}-weight" for post, pre, section, mechanism, _ in found
    ]
    return list(dict.fromkeys(names))
