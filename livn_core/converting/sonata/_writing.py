"""From NeuroH5 to SONATA."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from livn_core.backends import BackendNames
from livn_core.converting._report import Conversion, Remarks, check_apart
from livn_core.converting._systems import opened_system
from livn_core.converting.sonata import _datasets
from livn_core.converting.sonata._document import Table, table
from livn_core.converting.sonata._exporting import edge_population, export_edges, export_nodes, type_table
from livn_core.converting.sonata._index import write_indices
from livn_core.converting.sonata._left import remark_on_left
from livn_core.converting.sonata._names import DOCUMENT
from livn_core.converting.sonata._nodes import START
from livn_core.converting.sonata._restored_edges import EdgeSource, write_edges
from livn_core.converting.sonata._restored_nodes import NodeSource, write_nodes
from livn_core.converting.sonata._restoring import stale
from livn_core.converting.sonata._types import Types
from livn_core.errors import FormatError
from livn_core.locations import is_address, shown
from livn_core.writing._atomic import check_free, publish, workspace

if TYPE_CHECKING:
    import h5py

    from livn_core.system import System

CONFIG = "circuit_config.json"
FORMAT = "2.3"
"""Version of the specification of configurations."""


def to_sonata(
    system: System | str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    restore: bool = True,
    backend: BackendNames | None = None,
    overwrite: bool = False,
) -> Conversion:
    """Convert a system to a SONATA network: HDF5 files with indices, tables of types, ``circuit_config.json``.

    Parameters
    ----------
    system
        A :class:`livn_core.System`, or where one lies.
    target
        The directory to make.
    restore
        Whether a system that came from SONATA, which has a ``sonata.json``, becomes the network that it was: its
        populations, ids, groups, types and texts, in the order and the types of the original. Other systems, and all
        with ``False``, become a node population for each population and an edge population for each projection.
    backend
        What to read a system through that is given by its place.
    overwrite
        Whether files at ``target`` may be replaced; other files there stay.

    Returns
    -------
    Conversion
        What was converted, and what was dropped or changed.

    Raises
    ------
    SystemNotFoundError
        There is no such system.
    FormatError
        The system contradicts its ``sonata.json``.
    InvalidArgumentError
        There is something at ``target``.
    ImportError
        h5py is not installed.

    Notes
    -----
    Projections are written block by block. A network that is restored needs memory for the ids of the edges of one
    edge population and one attribute, for its edges return to their places in the file.

    Examples
    --------
    >>> from livn_core import predefined, to_sonata
    >>> print(to_sonata(predefined("EI1"), "EI1-sonata"))  # doctest: +SKIP
    """
    goal = check_free(target, overwrite)
    with opened_system(system, backend) as opened:
        if not is_address(opened.uri):
            check_apart(Path(opened.uri), goal)
        remarks = Remarks()
        with workspace(goal) as beside:
            out = Writer(beside)
            if restore and DOCUMENT in opened.sidecar_names:
                _restore(opened, out, remarks)
            else:
                _export(opened, out, remarks)
            out.finish()
            publish(beside, goal)
        return Conversion(shown(opened.uri), goal, out.cells, out.edges, remarks.all())


@attrs.define
class Writer:
    """Writes the files of a network, and notes them for its configuration."""

    folder: Path
    cells: dict[str, int] = attrs.field(factory=dict)
    edges: dict[str, int] = attrs.field(factory=dict)
    config: dict[str, Any] = attrs.field(factory=dict)
    _listed: dict[str, list[dict[str, Any]]] = attrs.field(factory=lambda: {"nodes": [], "edges": []})

    @contextmanager
    def population(
        self, kind: str, name: str, types: Types | None, properties: Mapping[str, Any] | None = None
    ) -> Iterator[h5py.Group]:
        """The group of a population, in a file of its own."""
        file, csv = f"{name}_{kind}s.h5", f"{name}_{kind}_types.csv"
        with _datasets.create(self.folder / file) as opened:
            yield opened.create_group(f"{kind}s/{name}")
        entry: dict[str, Any] = {f"{kind}s_file": f"$NETWORK_DIR/{file}", f"{kind}_types_file": None}
        if types is not None:
            (self.folder / csv).write_text(types.text(), encoding="utf-8")
            entry[f"{kind}_types_file"] = f"$NETWORK_DIR/{csv}"
        if properties is None:
            properties = {"type": "chemical" if kind == "edge" else _node_kind(types)}
        self._listed[f"{kind}s"].append({**entry, "populations": {name: properties}})

    def finish(self) -> None:
        """Write the configuration."""
        manifest = {**(self.config.get("manifest") or {}), "$NETWORK_DIR": "."}
        document = {"version": FORMAT, **self.config, "manifest": manifest, "networks": self._listed}
        text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        (self.folder / CONFIG).write_text(text, encoding="utf-8")


def _node_kind(types: Types | None) -> str:
    """What libsonata asks of a population: it takes one that says nothing for biophysical, with morphologies."""
    kinds = set(types.column("model_type")) if types is not None and "model_type" in types.columns else set()
    return kinds.pop() if len(kinds) == 1 and kinds != {"biophysical"} else "point_neuron"


def _restore(system: System, out: Writer, remarks: Remarks) -> None:
    place = f"{shown(system.uri)}/{DOCUMENT}"
    document = system.load_file(DOCUMENT)
    if not isinstance(document, Mapping) or not all(
        isinstance(document.get(key), Mapping) for key in ("nodes", "edges")
    ):
        raise FormatError(place, "/", "has to be an object with nodes and edges, as livn-core writes it")
    out.config = dict(document.get("config") or {})
    if "components" in out.config:
        remarks.changed(
            f"components of {CONFIG}", "paths of morphologies and the like are as they were; see that they fit"
        )
    nodes = {name: NodeSource(system, table("node", name, given, place)) for name, given in document["nodes"].items()}
    for name, source in nodes.items():
        with out.population("node", name, source.table.types, source.table.extra.get("properties")) as group:
            if source.table.extra.get("start") is not None:
                group.attrs[START] = source.table.extra["start"]
            write_nodes(group, source)
        out.cells[name] = source.table.size
    tables = [table("edge", name, given, place) for name, given in document["edges"].items()]
    for one in tables:
        _restore_edges(system, out, one, nodes)
    remark_on_left(system, [source.table for source in nodes.values()], tables, remarks)


def _restore_edges(system: System, out: Writer, one: Table, nodes: Mapping[str, NodeSource]) -> None:
    ends = [one.extra["source"], one.extra["target"]]
    if not nodes.keys() >= set(ends):
        raise stale(system, f"it has no nodes for the edges of {one.name!r}")
    pre, post = (nodes[end] for end in ends)
    with out.population("edge", one.name, one.types, one.extra.get("properties")) as group:
        write_edges(group, EdgeSource(system, one, pre, post))
        write_indices(group, *(int(source.ids.max(initial=-1)) + 1 for source in (pre, post)))
    out.edges[one.name] = one.size


def _export(system: System, out: Writer, remarks: Remarks) -> None:
    ranges = system.population_ranges
    for name, (_, count) in ranges.items():
        with out.population("node", name, type_table("node", name)) as group:
            export_nodes(group, system, name, remarks)
        out.cells[name] = count
    for pre, post in system.projection_names:
        projection, name = system.projection(pre, post), edge_population(pre, post)
        with out.population("edge", name, type_table("edge", name)) as group:
            export_edges(group, projection)
            write_indices(group, ranges[pre][1], ranges[post][1])
        out.edges[name] = projection.n_edges
    for name in system.sidecar_names:
        remarks.dropped(name, "SONATA has no place for it")
