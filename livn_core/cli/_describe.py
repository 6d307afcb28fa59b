"""What a system, or a single NeuroH5 file, holds: one frozen value for people and programs alike."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

import attrs

from livn_core.backends import BackendNames, Selection
from livn_core.cli._fallback import local_copy
from livn_core.cli._locate import locate
from livn_core.errors import ConfigError, LivnError, LivnWarning, SourceNotFoundError
from livn_core.locations import is_one_file, redacted
from livn_core.neuroh5 import Projection, open_neuroh5
from livn_core.system import System


@attrs.frozen
class PopulationRow:
    """One population."""

    name: str
    start: int
    count: int
    namespaces: dict[str, list[str]]


@attrs.frozen
class ProjectionRow:
    """One projection."""

    pre: str
    post: str
    n_edges: int
    namespaces: dict[str, list[str]]


@attrs.frozen
class Description:
    """What lies at one place, and how it was read."""

    source: str
    backend: str
    why: str
    n_cells: int
    n_edges: int
    populations: list[PopulationRow]
    projections: list[ProjectionRow]
    sidecars: list[str] | None
    """``None`` where it is not known."""


def describe(name: str, backend: BackendNames | None = None, fallback: bool = False) -> Description:
    """Describe a system, or one HDF5 file; of its edges nothing is read.

    With ``fallback``, a system that was named, and whose server fails, is looked for on this machine.

    Raises
    ------
    SystemNotFoundError
        There is none of that name.
    LivnError, OSError
        It cannot be read.
    """
    place = locate(name, backend)
    try:
        return _at(place, backend, fallback)
    except ConfigError:
        raise
    except (LivnError, OSError) as error:
        copy = local_copy(name, place, backend, error) if fallback and place != name else None
        if copy is None:
            raise
        return attrs.evolve(_at(copy.place, copy.backends, True), why=f"after {copy.instead_of} failed")


def _at(place: str, backend: BackendNames | None, fallback: bool) -> Description:
    return (_file if is_one_file(place) else _system)(place, backend, fallback)


def _system(source: str, backend: BackendNames | None, fallback: bool) -> Description:
    with System(source, backend=backend, fallback=fallback) as system:
        populations = [
            PopulationRow(name, start, count, _lists(system.namespaces(name).items()))
            for name, (start, count) in system.population_ranges.items()
        ]
        projections = [_projection(system.projection(*pair)) for pair in _pairs(system)]
        return _description(source, system.backend_selection, populations, projections, _sidecars(system))


def _pairs(system: System) -> tuple[tuple[str, str], ...]:
    """The projections; of a system without a file for them, none."""
    try:
        return system.projection_names
    except SourceNotFoundError:
        return ()


def _sidecars(system: System) -> list[str] | None:
    """Names of the JSON files; where only they cannot be had, the rest is worth showing all the same."""
    try:
        return list(system.sidecar_names)
    except (LivnError, OSError) as error:
        warnings.warn(f"its JSON files are not known: {error}", LivnWarning, stacklevel=2)
        return None


def _file(source: str, backend: BackendNames | None, fallback: bool) -> Description:
    with open_neuroh5(source, backend=backend, fallback=fallback) as file:
        populations = [
            PopulationRow(one.name, one.start, one.count, _lists(file.namespaces(one.name).items()))
            for one in file.populations
        ]
        projections = [_projection(file.projection(*pair)) for pair in file.projections]
        return _description(source, file.selection, populations, projections, [])


def _projection(projection: Projection) -> ProjectionRow:
    namespaces = _lists(projection.namespaces.items())
    return ProjectionRow(projection.pre.name, projection.post.name, projection.n_edges, namespaces)


def _lists(namespaces: Iterable[tuple[str, Iterable[str]]]) -> dict[str, list[str]]:
    return {namespace: list(names) for namespace, names in namespaces}


def _description(
    source: str,
    selection: Selection,
    populations: list[PopulationRow],
    projections: list[ProjectionRow],
    sidecars: list[str] | None,
) -> Description:
    return Description(
        source=redacted(source),
        backend=selection.name,
        why=selection.why,
        n_cells=sum(one.count for one in populations),
        n_edges=sum(one.n_edges for one in projections),
        populations=populations,
        projections=projections,
        sidecars=sidecars,
    )
