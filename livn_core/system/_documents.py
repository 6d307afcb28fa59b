"""What the JSON files beside a system say: how it was made, stored selections, parameters, electrodes, model."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from livn_core.errors import FormatError, InvalidArgumentError, SourceNotFoundError
from livn_core.lazy import Lazy
from livn_core.locations import check_inside, is_address, join, shown
from livn_core.system import _original
from livn_core.system._graph import GraphDocument
from livn_core.system._mea import FILE as MEA_FILE
from livn_core.system._sidecars import Sidecars, decode
from livn_core.system._synapses import SynapseProjection, synapse_projections, weight_names

GRAPH_FILE, MODEL_FILE = "graph.json", "model.json"
_REQUIRED: Any = object()


class Documents:
    """The members of a system that read its sidecars.

    Files are read when they are first asked for. The communicators that these members take are those of the
    original's interface; every rank reads for itself.
    """

    uri: str
    """The system's directory or address."""

    name: str
    """What the system is called."""

    _sidecars: Sidecars

    @Lazy
    def graph(self) -> GraphDocument:
        """The content of ``graph.json``.

        Raises
        ------
        SourceNotFoundError
            The system has none.
        FormatError
            It is not JSON, not a graph document, or newer than this package.
        """
        try:
            document = self._sidecars.json(GRAPH_FILE)
        except SourceNotFoundError as error:
            raise SourceNotFoundError(
                f"{error}; it says how populations are connected and which layers there are. "
                "Cells and projections can be read without it"
            ) from error
        return GraphDocument.parse(document, self._sidecars.place(GRAPH_FILE))

    @property
    def connections_config(self) -> dict[str, Any]:
        """How populations are connected: ``{"synapses": {post: {pre: settings}}, …}``; a copy.

        Raises
        ------
        SourceNotFoundError, FormatError
            As for :attr:`graph`.
        """
        return copy.deepcopy(self.graph.connections_config)

    def synapse_projections(self) -> list[SynapseProjection]:
        """Every kind of synapse that ``graph.json`` declares.

        Returns
        -------
        list
            ``(post, pre, section, mechanism, type)``, sorted, each once.
        """
        return synapse_projections(self.connections_config["synapses"])

    @property
    def weight_names(self) -> list[str]:
        """The names of synaptic weights: ``post_pre-section-mechanism-weight``.

        Sections are called as the system's model calls them; without the original livn package, as in ``graph.json``.
        """
        return weight_names(self.synapse_projections(), _original.section_namer(self.default_model))

    @property
    def sidecar_names(self) -> tuple[str, ...]:
        """The JSON files beside the HDF5 files, sorted: ``("graph.json", "selection/e1.json")``."""
        return tuple(self._sidecars.names())

    def selections(self, comm: Any = None) -> list[str]:
        """Names of the stored selections, sorted."""
        names = [name.removeprefix("selection/") for name in self.sidecar_names if name.startswith("selection/")]
        return sorted(name.removesuffix(".json") for name in names if name.endswith(".json"))

    def selection_document(self, name: str, comm: Any = None) -> dict[str, Any]:
        """Read a stored selection, and check that it was made for this very system.

        Raises
        ------
        SourceNotFoundError
            There is none of that name; the message lists those there are.
        FormatError
            It is broken, holds no gids, or was made for another system.
        """
        file = f"selection/{name}.json"
        document = self._optional(file)
        if document is None:
            listing = ", ".join(self.selections()) or "none at all"
            raise SourceNotFoundError(f"{shown(self.uri)}: there is no stored selection {name!r}; there is {listing}")
        place = self._sidecars.place(file)
        _check_selection(document, place)
        made_for = (document.get("meta") or {}).get("graph")
        if made_for is not None and self.graph.uuid not in {None, made_for}:
            raise FormatError(
                place, "/meta/graph", f"was made for the system {made_for}, but this is {self.graph.uuid}; select again"
            )
        return dict(document)

    def params_document(
        self,
        selection_name: str | None = None,
        comm: Any = None,
    ) -> tuple[str, dict[str, Any]] | tuple[None, None]:
        """Read the parameters that were tuned for a stored selection, or for the whole system.

        Returns
        -------
        tuple
            The file's name and its content; ``(None, None)`` where there is none.

        Raises
        ------
        FormatError
            It is broken.
        """
        file = f"params/{selection_name or 'default'}.json"
        document = self._optional(file)
        if document is None:
            return None, None
        if not isinstance(document, Mapping):
            raise FormatError(self._sidecars.place(file), "/", "has to be a JSON object")
        return file, dict(document)

    def load_file(
        self,
        filepath: str | Sequence[str],
        default: Any = _REQUIRED,
        comm: Any = None,
        mode: str = "r",
    ) -> Any:
        """Read a file of the system.

        Parameters
        ----------
        filepath
            Its name, or the parts of its path.
        default
            What to return if there is no such file.
        mode
            ``"rb"`` for the bytes as they are.

        Returns
        -------
        object
            ``.json``: the parsed document; ``.npy``: an ndarray; anything else: str. Nothing is unpickled.

        Raises
        ------
        SourceNotFoundError
            There is no such file, and no ``default`` was given.
        FormatError
            It is broken; a ``default`` does not hide that.
        InvalidArgumentError
            The name leads out of the system, or is that of a pickle.
        """
        name = filepath if isinstance(filepath, str) else "/".join(filepath)
        try:
            content = self._sidecars.read(name)
        except SourceNotFoundError:
            if default is _REQUIRED:
                raise
            return default
        return content if "b" in mode else decode(content, name, self._sidecars.place(name))

    def local_directory(self, *parts: str) -> str:
        """Path of the system, or of a file in it.

        Raises
        ------
        InvalidArgumentError
            The system does not lie on this machine, or the path leads out of it.
        """
        if is_address(self.uri):
            raise InvalidArgumentError(f"{shown(self.uri)} is an address, so it has no local directory")
        inside = join(self.uri, check_inside("/".join(parts))) if parts else self.uri
        return os.path.abspath(inside)  # noqa: PTH100 - lexical: a link stays the path that the user knows

    def default_io(self, comm: Any = None) -> Any:
        """The electrodes of ``mea.json``.

        Returns
        -------
        object
            With the original livn package installed its ``MEA``, or its ``IO`` for a system without ``mea.json``;
            else a :class:`livn_core.MEA`.

        Raises
        ------
        FormatError
            ``mea.json`` is broken.
        ImportError
            There is no ``mea.json``, and the original is not installed.
        """
        return _original.io_device(self._optional(MEA_FILE), self._sidecars.place(MEA_FILE))

    def default_model(self, comm: Any = None, allow: Sequence[str] = _original.ALLOWED) -> Any:
        """The cell model of ``model.json``, or the original's default.

        Parameters
        ----------
        comm
            Not used.
        allow
            Prefixes of the modules whose model classes may be built. A data file decides which class is called with
            which arguments, so widen this only for systems that you trust.

        Raises
        ------
        FormatError
            ``model.json`` is broken, or names something else than a model class under the allow-list.
        ImportError
            The original livn package is needed and not installed.
        """
        return _original.model(self._optional(MODEL_FILE), self._sidecars.place(MODEL_FILE), allow)

    def _layer_extents(self) -> Mapping[str, npt.NDArray[np.float64]]:
        return self.graph.layer_extents

    def _optional(self, name: str) -> Any:
        """A parsed sidecar; None where there is none."""
        try:
            return self._sidecars.json(name)
        except SourceNotFoundError:
            return None


def _check_selection(document: Any, place: str) -> None:
    if not isinstance(document, Mapping) or not isinstance(document.get("meta") or {}, Mapping):
        raise FormatError(place, "/", "has to be a JSON object with gids and, if anything, an object meta")
    gids = document.get("gids")
    if not isinstance(gids, Mapping) or not gids or not all(isinstance(one, list) for one in gids.values()):
        raise FormatError(place, "/gids", "has to hold the selected gids of each population, {population: [gid, …]}")
