"""What the tests of a backend stand on: the plugin, and files that it can read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import ClassVar, TypeAlias

import pytest

from livn_core.backends import Backend, Backends
from livn_core.h5file import H5File
from livn_core.neuroh5 import NeuroH5File
from livn_core.testing._case import Case, Outcome
from livn_core.testing._contract import write_contract_file

Publish: TypeAlias = Callable[[Path], str]
SourceOf: TypeAlias = Callable[[Case], tuple[str, Outcome]]
Open: TypeAlias = Callable[[str], NeuroH5File]


CONTRACT = Case("contract", "What the checks of an opened file look at.", write_contract_file)

_published: dict[tuple[type, str], tuple[str, Outcome]] = {}
# Publishing may be slow (a server), and pytest wants class-scoped fixtures to be class methods, which would bind the
# subclass's own `publish` to that scope as well. So what was published is kept here.


class BackendFixtures:
    """The settings and fixtures of :class:`BackendTests`; everything but :meth:`plugin` has a default."""

    options: ClassVar[Mapping[str, object]] = {}
    """``options=`` with which every file is opened."""

    reads_local_files: ClassVar[bool] = True
    """Whether the backend reads the very bytes of a local file, so that damaging them makes sense."""

    cannot: ClassVar[Mapping[str, str]] = {}
    """``{case: reason}``: cases that the backend's storage cannot hold. They are skipped, with the reason."""

    @pytest.fixture
    def plugin(self) -> object:
        """Return the plugin: the module or object that has the hooks. The subclass writes this one."""
        raise NotImplementedError("write a fixture `plugin` that returns the module or object with the hooks")

    @pytest.fixture
    def publish(self) -> Publish:
        """Return a function that puts a local file where the backend reads, and gives its source."""
        return str

    @pytest.fixture
    def missing(self, tmp_path: Path) -> str:
        """Return a source that does not exist."""
        return str(tmp_path / "nothing.h5")

    @pytest.fixture
    def system(self) -> tuple[str, Mapping[str, bytes]] | None:
        """Return a system's source and the content of its sidecars by name; ``None``: the backend keeps none."""
        return None

    @pytest.fixture
    def backends(self, plugin: object) -> Backends:
        """Return a set of backends with the plugin alone."""
        backends = Backends([])
        backends.register(plugin, "tested")
        return backends

    @pytest.fixture
    def backend(self, backends: Backends) -> Backend:
        """Return the plugin as livn-core sees it."""
        backend = backends.get("tested")
        assert isinstance(backend, Backend)
        return backend

    @pytest.fixture
    def open_(self, backends: Backends) -> Open:
        """Return a function that opens a source through the read routine, with this backend."""

        def open_(source: str) -> NeuroH5File:
            file, selection = backends.open(source, "tested", self.options)
            return NeuroH5File(file, source, selection)

        return open_

    @pytest.fixture
    def source_of(self, publish: Publish, tmp_path_factory: pytest.TempPathFactory) -> SourceOf:
        """Return a function that makes and publishes a case, once for each class."""

        def source_of(case: Case) -> tuple[str, Outcome]:
            if case.name in self.cannot:
                pytest.skip(f"{case.name}: {self.cannot[case.name]}")
            key = (type(self), case.name)
            if key not in _published:
                path = tmp_path_factory.mktemp("case") / f"{case.name}.h5"
                outcome = case.write(path)
                _published[key] = publish(path), outcome
            return _published[key]

        return source_of

    @pytest.fixture
    def contract_source(self, source_of: SourceOf) -> str:
        """Return the source of the file for the checks of an opened file."""
        return source_of(CONTRACT)[0]

    @pytest.fixture
    def file(self, backend: Backend, contract_source: str) -> Iterator[H5File]:
        """Return that file, opened."""
        file = backend.open(contract_source, self.options)
        yield file
        file.close()
