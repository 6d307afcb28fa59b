"""Which attributes the cells of a file have, and where they lie."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from livn_core.errors import InvalidTypeError, unknown_name
from livn_core.forking import Lock
from livn_core.neuroh5._arguments import as_names
from livn_core.neuroh5._cells import VALUE, AttributeNode
from livn_core.neuroh5._store import Store
from livn_core.neuroh5.values import FrozenMapping, Population


class Catalog:
    """Looks names up when they are first asked for, and keeps what it found.

    Parameters
    ----------
    store
        The file.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = Lock()
        self._namespaces: dict[str, Mapping[str, tuple[str, ...]]] = {}

    def namespaces(self, population: Population) -> Mapping[str, tuple[str, ...]]:
        """``{namespace: (attribute, ...)}`` of a population, both ordered by name."""
        with self._lock:
            if population.name not in self._namespaces:
                self._namespaces[population.name] = FrozenMapping(_list_namespaces(self._store, population.name))
            return self._namespaces[population.name]

    def nodes(
        self, population: Population, namespace: str, names: str | Iterable[str] | None
    ) -> dict[str, AttributeNode]:
        """Attributes of one namespace, in order of name.

        Parameters
        ----------
        names
            Which ones; ``None``: all of the namespace.

        Raises
        ------
        UnknownNameError
            There is no such namespace or attribute.
        """
        if not isinstance(namespace, str):
            raise InvalidTypeError(f"a namespace is named by a str, not {namespace!r}")
        top = f"/Populations/{population.name}/{namespace}"
        chosen = self._chosen(population, namespace, None if names is None else sorted(as_names(names, "attributes")))
        return {name: AttributeNode(population, f"{top}/{name}") for name in chosen}

    def _chosen(self, population: Population, namespace: str, names: list[str] | None) -> Iterable[str]:
        # Listing a population costs a look at each of its attributes, which is dear over a network.
        if names and self._are_there(f"/Populations/{population.name}", namespace, names):
            return names
        known = self.namespaces(population)
        where = f"{self._store.source}: population {population.name}"
        if namespace not in known:
            raise unknown_name("namespace", namespace, known, where)
        if names is None:
            return known[namespace]
        for name in names:
            if name not in known[namespace]:
                raise unknown_name("attribute", name, known[namespace], f"{where}, namespace {namespace}")
        return names

    def _are_there(self, top: str, namespace: str, names: list[str]) -> bool:
        return all(map(_is_plain, (namespace, *names))) and all(
            self._store.is_dataset(f"{top}/{namespace}/{name}/{VALUE}") for name in names
        )


def _list_namespaces(store: Store, population: str) -> dict[str, tuple[str, ...]]:
    """A namespace may hold other things too: an attribute is a group that has values."""
    top = f"/Populations/{population}"
    return {
        namespace: tuple(
            name for name in store.keys(f"{top}/{namespace}") if store.is_dataset(f"{top}/{namespace}/{name}/{VALUE}")
        )
        for namespace in store.keys(top)
        if store.is_group(f"{top}/{namespace}")
    }


def _is_plain(name: str) -> bool:
    """Whether a name is one step of a path; any other would lead to the data of somebody else."""
    return "/" not in name and name not in {"", ".", ".."}
