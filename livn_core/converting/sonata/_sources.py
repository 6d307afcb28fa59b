"""Find the files of a SONATA network: by its configuration, in a directory, or as they are given."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from livn_core.converting.sonata import _h5
from livn_core.errors import FormatError, InvalidArgumentError, SourceNotFoundError

CONFIGS = ("circuit_config.json", "config.circuit.json", "config.json")
HDF5 = frozenset({".h5", ".hdf5", ".sonata"})

Source = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


@attrs.frozen
class Files:
    """The files of a network."""

    nodes: tuple[tuple[Path, Path | None], ...]
    """HDF5 files of nodes, each with its table of types."""
    edges: tuple[tuple[Path, Path | None], ...]
    """HDF5 files of edges, each with its table of types."""
    config: Mapping[str, Any] = attrs.field(factory=dict)
    """What the configuration says beyond the files of networks."""
    properties: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict)
    """What it says of populations: ``{"nodes": {name: {...}}, "edges": {...}}``."""


def find(source: Source) -> Files:
    """Find the files of a network.

    Parameters
    ----------
    source
        A configuration (.json), a directory, or HDF5 and .csv files.

    Raises
    ------
    SourceNotFoundError
        A file is not there, or none of them has nodes.
    FormatError
        The configuration is broken.
    """
    paths = [Path(source)] if isinstance(source, str | os.PathLike) else [Path(one) for one in source]
    if not paths:
        raise InvalidArgumentError("give a SONATA configuration, a directory, or files of nodes and edges")
    for path in paths:
        if not path.exists():
            raise SourceNotFoundError(f"no such file or directory: {path}")
    if len(paths) == 1 and paths[0].is_dir():
        config = next((paths[0] / name for name in CONFIGS if (paths[0] / name).is_file()), None)
        paths = [config] if config else sorted(one for one in paths[0].iterdir() if one.is_file())
    if len(paths) == 1 and paths[0].suffix == ".json":
        return _by_config(paths[0])
    return _by_content(paths)


def _by_config(path: Path) -> Files:
    document = _json(path)
    manifest = _manifest(document.get("manifest"), path)
    if "networks" not in document and isinstance(document.get("network"), str):
        return _by_config(_resolved(document["network"], manifest, path))
    networks = document.get("networks")
    if not isinstance(networks, Mapping):
        raise FormatError(str(path), "/networks", "has to be an object with the files of nodes and edges")
    nodes, edges = (_listed(networks, kind, manifest, path) for kind in ("node", "edge"))
    if not nodes:
        raise SourceNotFoundError(f"{path}: names no file of nodes")
    rest = {name: value for name, value in document.items() if name != "networks"}
    return Files(
        nodes, edges, rest, {kind: _properties(networks[kind]) for kind in ("nodes", "edges") if kind in networks}
    )


def _properties(entries: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {name: given for one in entries for name, given in (one.get("populations") or {}).items()}


def _json(path: Path) -> dict[str, Any]:
    from livn_core.system._sidecars import parse_json

    if not path.is_file():
        raise SourceNotFoundError(f"no such file: {path}")
    document = parse_json(path.read_bytes(), str(path))
    if not isinstance(document, dict):
        raise FormatError(str(path), "/", "has to be a JSON object")
    return document


def _manifest(given: object, path: Path) -> dict[str, str]:
    if given is None:
        return {}
    if not isinstance(given, Mapping) or not all(isinstance(one, str) for one in given.values()):
        raise FormatError(str(path), "/manifest", "has to be an object of strings")
    found = {str(name).lstrip("$").strip("{}"): value for name, value in given.items()}
    for _ in found:
        found = {name: _substituted(value, found, keep=True) for name, value in found.items()}
    return found


def _substituted(text: str, names: Mapping[str, str], keep: bool = False) -> str:
    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if name not in names and not keep:
            raise KeyError(name)
        return names.get(name, match[0])

    return re.sub(r"\$\{(\w+)\}|\$(\w+)", value, text)


def _resolved(text: str, manifest: Mapping[str, str], path: Path) -> Path:
    try:
        return path.parent / _substituted(text, manifest)
    except KeyError as error:
        raise FormatError(str(path), "/manifest", f"does not define {error}, which {text!r} uses") from None


def _listed(
    networks: Mapping[str, Any], kind: str, manifest: Mapping[str, str], path: Path
) -> tuple[tuple[Path, Path | None], ...]:
    found = []
    for at, entry in enumerate(networks.get(f"{kind}s") or ()):
        node = f"/networks/{kind}s/{at}"
        if not isinstance(entry, Mapping) or not isinstance(entry.get(f"{kind}s_file"), str):
            raise FormatError(str(path), node, f"has to be an object with a {kind}s_file")
        table = entry.get(f"{kind}_types_file")
        if not isinstance(table, str | None):
            raise FormatError(str(path), f"{node}/{kind}_types_file", "has to be a string or null")
        types = None if table in {None, "", "NULL", "null"} else _resolved(str(table), manifest, path)
        found.append((_resolved(entry[f"{kind}s_file"], manifest, path), types))
    return tuple(found)


def _by_content(paths: Iterable[Path]) -> Files:
    found: dict[str, list[Path]] = {"nodes": [], "edges": [], "node": [], "edge": []}
    for path in paths:
        for kind in _kinds(path):
            found[kind].append(path)
    if not found["nodes"]:
        raise SourceNotFoundError(
            f"none of these files has SONATA nodes: {', '.join(map(str, paths)) or 'none at all'}"
        )
    nodes, edges = (tuple(_paired(kind, found[f"{kind}s"], found[kind])) for kind in ("node", "edge"))
    return Files(nodes, edges)


def _kinds(path: Path) -> list[str]:
    """What a file has: ``nodes``, ``edges``, or types of either."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            header = file.readline().split()
        return [kind for kind in ("node", "edge") if f"{kind}_type_id" in header]
    if path.suffix not in HDF5:
        return []
    with _h5.opened(path) as file:
        return [kind for kind in ("nodes", "edges") if kind in file]


def _paired(kind: str, files: Sequence[Path], tables: Sequence[Path]) -> list[tuple[Path, Path | None]]:
    """Each file with its table: ``x_node_types.csv`` for ``x_nodes.h5``, or, where there is one of each, these."""
    if len(files) == len(tables) == 1:
        return [(files[0], tables[0])]
    named = {one.stem: one for one in tables}
    found = [(one, named.pop(one.stem.replace(f"{kind}s", f"{kind}_types"), None)) for one in files]
    if named:
        raise InvalidArgumentError(
            f"{next(iter(named.values()))}: which of {', '.join(map(str, files))} has these types? Call them "
            f"x_{kind}_types.csv for x_{kind}s.h5, or give a circuit_config.json"
        )
    return found
