"""Check one HDF5 file."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from livn_core.checking._cells import TREES, check_attributes
from livn_core.checking._coordinates import check_coordinates
from livn_core.checking._findings import Findings
from livn_core.checking._looking import Look
from livn_core.checking._projections import check_projections
from livn_core.checking._trees import check_trees
from livn_core.checking._types import check_groups, check_pairs, check_types, names_of
from livn_core.h5file import AnyArray
from livn_core.neuroh5 import NeuroH5File
from livn_core.neuroh5.values import Population
from livn_core.system._extent import NAMESPACE

TOP = frozenset({"H5Types", "Populations", "Projections"})


@attrs.frozen(eq=False)
class Contents:
    """What a file holds, as far as it is sound."""

    look: Look
    populations: Mapping[str, Population]
    coordinates: Mapping[str, AnyArray | None]
    """float64, shape (count, 3): of each population that has some; ``None`` where they cannot be used."""
    projections: Mapping[tuple[str, str], int]
    """``{(pre, post): number of edges}``."""
    has_attributes: bool
    """Whether there is any attribute of cells."""


def check_file(file: NeuroH5File, findings: Findings) -> Contents:
    """Check everything that is in one file.

    Parameters
    ----------
    file
        An open file; it is closed by the caller.
    findings
        Where to report.
    """
    look = Look(file._store, findings)
    for name in look.keys("/"):
        if name not in TOP:
            look.found("object-unknown", f"/{name}", "is nothing that NeuroH5 knows")
    populations = check_types(look)
    if not populations:
        return Contents(look, {}, {}, {}, False)  # whatever follows is about them
    check_groups(look, populations)
    coordinates: dict[str, AnyArray | None] = {}
    has_attributes = False
    for population in populations.values():
        attributes = check_attributes(look, population)
        has_attributes |= bool(attributes)
        if look.is_group(f"/Populations/{population.name}/{NAMESPACE}"):
            coordinates[population.name] = check_coordinates(look, population, attributes.get(NAMESPACE, {}))
        if look.is_group(f"/Populations/{population.name}/{TREES}"):
            check_trees(look, population, attributes.get(TREES, {}))
    projections = check_projections(look, populations)
    check_pairs(look, names_of(look), projections)
    return Contents(look, populations, coordinates, projections, has_attributes)
