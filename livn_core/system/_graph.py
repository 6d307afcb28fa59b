"""``graph.json``: how a system was made, and what its connections mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

from livn_core.errors import FormatError
from livn_core.lazy import Lazy
from livn_core.neuroh5.values import read_only

VERSION = 1
"""The newest version of the format that is understood (``"version"`` in the file; older files have none)."""


@attrs.frozen
class Element:
    """One record of ``graph.json``: a step that made a part of the system."""

    uuid: str
    kind: str = "Element"
    module: str | None = None
    version: tuple[Any, ...] = attrs.field(default=(), converter=tuple)
    config: Mapping[str, Any] | None = None
    predicate: Mapping[str, Any] | None = None
    context: Mapping[str, Any] | None = None
    lineage: tuple[str, ...] = attrs.field(default=(), converter=tuple)


Elements: TypeAlias = "Element | Mapping[str, Elements]"


@attrs.define(slots=False, frozen=True)
class GraphDocument:
    """The content of ``graph.json``.

    Build one with :meth:`parse`.
    """

    place: str
    """Where the document was read from."""

    version: int
    """Version of the format; 0 where the file has none."""

    elements: Mapping[str, Elements]
    """Every named part: one element, or a mapping of elements by population or name."""

    @classmethod
    def parse(cls, document: object, place: str) -> GraphDocument:
        """Check a parsed JSON document and give it its types.

        Parameters
        ----------
        document
            What ``json.loads`` returned.
        place
            The file's path or address, for error messages.

        Raises
        ------
        FormatError
            It is no object, is newer than this package understands, or an element is not as it should be.
        """
        if not isinstance(document, Mapping):
            raise FormatError(place, "/", f"has to be a JSON object, not {_kind(document)}")
        elements = {
            name: _element(value, place, f"/{name}") for name, value in document.items() if isinstance(value, Mapping)
        }
        return cls(place, _version(document.get("version", 0), place), elements)

    @property
    def architecture(self) -> Element:
        """The element that placed the cells.

        Raises
        ------
        FormatError
            The document has none.
        """
        return self._single("architecture")

    @property
    def connections(self) -> Mapping[str, Elements]:
        """The elements that drew the connections, by population or name; empty where nothing is connected."""
        return self._group("connections")

    @property
    def distances(self) -> Mapping[str, Elements]:
        """The elements that measured distances, by population or name."""
        return self._group("distances")

    @property
    def synapse_forest(self) -> Mapping[str, Elements]:
        """The elements that laid out synapses, by population or name."""
        return self._group("synapse_forest")

    @property
    def uuid(self) -> str | None:
        """Identity of the system: the uuid of its architecture; None where it has none."""
        element = self.elements.get("architecture")
        return element.uuid if isinstance(element, Element) else None

    @property
    def population_names(self) -> tuple[str, ...]:
        """The populations that the architecture distributes over layers, in the order of the file."""
        return tuple(self._architecture_part("cell_distributions"))

    @property
    def layer_names(self) -> tuple[str, ...]:
        """The layers, in the order of the file."""
        return tuple(self._architecture_part("layer_extents"))

    @Lazy
    def layer_extents(self) -> Mapping[str, npt.NDArray[np.float64]]:
        """Lowest and highest corner of each layer: float64, shape (2, 3), µm; empty where none are given.

        Raises
        ------
        FormatError
            An extent is not two corners of three finite numbers.
        """
        return {
            name: _corners(extent, self.place, f"/architecture/config/layer_extents/{name}")
            for name, extent in self._architecture_part("layer_extents").items()
        }

    @Lazy
    def connections_config(self) -> dict[str, Any]:
        """How populations are connected: ``{"synapses": {post: {pre: settings}}, ...}``.

        Where several elements share the description, their ``synapses`` are put together; what two of them say about
        the same projection is taken from the first.

        Raises
        ------
        FormatError
            ``synapses`` is not of that shape.
        """
        config: dict[str, Any] = {}
        synapses: dict[str, dict[str, Any]] = {}
        for name, element in self.connections.items():
            given = dict(element.config or {}) if isinstance(element, Element) else {}
            for post, sources in _objects(
                given.pop("synapses", None), self.place, f"/connections/{name}/config/synapses"
            ):
                known = synapses.setdefault(post, {})
                known.update({pre: settings for pre, settings in sources.items() if pre not in known})
            config = {**given, **config}
        return {**config, "synapses": synapses}

    def _single(self, name: str) -> Element:
        element = self.elements.get(name)
        if not isinstance(element, Element):
            raise FormatError(self.place, f"/{name}", f"there is no element {name!r} with a uuid")
        return element

    def _group(self, name: str) -> Mapping[str, Elements]:
        group = self.elements.get(name, {})
        return {name: group} if isinstance(group, Element) else group

    def _architecture_part(self, name: str) -> Mapping[str, Any]:
        element = self.elements.get("architecture")
        config = (element.config or {}) if isinstance(element, Element) else {}
        part = config.get(name) or {}
        if not isinstance(part, Mapping):
            raise FormatError(self.place, f"/architecture/config/{name}", f"has to be an object, not {_kind(part)}")
        return part


def _version(value: object, place: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise FormatError(place, "/version", f"has to be a whole number, not {_kind(value)}")
    if value > VERSION:
        raise FormatError(
            place,
            "/version",
            f"is {value}, but this livn-core understands up to {VERSION}; upgrade livn-core to read it",
        )
    return value


def _element(value: Mapping[str, Any], place: str, node: str) -> Elements:
    if "uuid" not in value:
        return {
            name: _element(part, place, f"{node}/{name}") for name, part in value.items() if isinstance(part, Mapping)
        }
    known = {field.name for field in attrs.fields(Element)}
    given = {name: part for name, part in value.items() if name in known and part is not None}
    for name in ("config", "predicate", "context"):
        if not isinstance(given.get(name, {}), Mapping):
            raise FormatError(place, f"{node}/{name}", f"has to be an object, not {_kind(given[name])}")
    for name in ("version", "lineage"):
        if not isinstance(given.get(name, []), list):
            raise FormatError(place, f"{node}/{name}", f"has to be an array, not {_kind(given[name])}")
    if not isinstance(given.get("uuid"), str):
        raise FormatError(place, f"{node}/uuid", f"has to be a string, not {_kind(value['uuid'])}")
    return Element(**given)


def _objects(value: object, place: str, node: str) -> list[tuple[str, Mapping[str, Mapping[str, Any]]]]:
    """``{post: {pre: {...}}}`` as items, with nulls taken as empty."""
    if not isinstance(value or {}, Mapping):
        raise FormatError(place, node, f"has to be an object, not {_kind(value)}")
    items = []
    for post, sources in dict(value or {}).items():  # type: ignore[call-overload] # checked above
        if not isinstance(sources or {}, Mapping):
            raise FormatError(place, f"{node}/{post}", f"has to be an object, not {_kind(sources)}")
        for pre, settings in (sources or {}).items():
            if not isinstance(settings, Mapping):
                raise FormatError(place, f"{node}/{post}/{pre}", f"has to be an object, not {_kind(settings)}")
        items.append((post, sources or {}))
    return items


def _corners(extent: object, place: str, node: str) -> npt.NDArray[np.float64]:
    try:
        corners = np.array(extent, np.float64)
    except (TypeError, ValueError):
        corners = np.empty(0)
    if corners.shape != (2, 3) or not np.isfinite(corners).all():
        raise FormatError(place, node, "has to be two corners of three numbers, [[x0, y0, z0], [x1, y1, z1]]")
    return read_only(np.sort(corners, axis=0))


def _kind(value: object) -> str:
    names = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
