"""The class that a backend's author subclasses."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pytest

from livn_core.backends import Backend
from livn_core.h5file import H5File, SupportsReadMany
from livn_core.testing import _contract, _damage, _hooks
from livn_core.testing._case import Case
from livn_core.testing._cases import CASES
from livn_core.testing._content import Content, assert_same, read_content
from livn_core.testing._fixtures import BackendFixtures, Open, SourceOf
from livn_core.testing._partial import check_partial

BY_NAME = {case.name: case for case in CASES}
TYPICAL = BY_NAME["destination-split-over-blocks"]
LARGE = BY_NAME["compressed-chunks"]
PAIR = ("A", "B")


class BackendTests(BackendFixtures):
    """Everything that livn-core asks of a backend.

    Subclass it and write the fixture ``plugin``, which returns the module or object that has the hooks. A backend
    that does not read local files also writes ``publish``, which puts a file where it reads, and ``missing``; one that
    keeps sidecars of its own writes ``system``. :class:`BackendFixtures` has all settings and fixtures. What a backend
    cannot do is skipped, with the reason.

    Examples
    --------
    >>> class TestMine(BackendTests):
    ...     @pytest.fixture
    ...     def plugin(self):
    ...         return my_backend
    """

    def test_says_whether_it_is_available(self, backend: Backend, contract_source: str) -> None:
        _hooks.check_availability(backend, contract_source)

    def test_declines_schemes_that_it_does_not_know(self, backend: Backend) -> None:
        _hooks.check_foreign_scheme(backend)

    def test_priority_is_a_constant(self, plugin: object) -> None:
        _hooks.check_priority(plugin)

    def test_probing_imports_nothing_heavy(self, plugin: object) -> None:
        if not isinstance(plugin, ModuleType):
            pytest.skip("the plugin is an object, not a module that could be imported afresh")
        _hooks.check_probe_is_light(plugin)

    def test_refuses_unknown_options(self, backend: Backend, contract_source: str) -> None:
        _hooks.check_unknown_option(backend, contract_source, self.options)

    def test_a_missing_source_is_a_file_not_found_error(self, backend: Backend, missing: str) -> None:
        _hooks.check_missing(backend, missing, self.options)

    def test_sidecars(self, backend: Backend, system: tuple[str, Mapping[str, bytes]] | None) -> None:
        if system is None:
            pytest.skip("the backend keeps no sidecars of its own, or there is no fixture `system`")
        _hooks.check_sidecars(backend, *system, self.options)

    def test_finds_what_is_there(self, file: H5File) -> None:
        _contract.check_paths(file)

    def test_what_is_not_there_is_a_key_error(self, file: H5File) -> None:
        _contract.check_missing_paths(file)

    def test_dtypes_are_levelled(self, file: H5File) -> None:
        _contract.check_dtypes(file)

    def test_compound_datasets_are_structured_arrays(self, file: H5File) -> None:
        _contract.check_compound(file)

    def test_labels_of_enums(self, file: H5File) -> None:
        _contract.check_labels(file)

    def test_slices(self, file: H5File) -> None:
        _contract.check_slices(file)

    def test_arrays_belong_to_the_caller(self, file: H5File) -> None:
        _contract.check_arrays_are_own(file)

    def test_closing(self, backend: Backend, contract_source: str) -> None:
        _contract.check_closing(lambda: backend.open(contract_source, self.options))

    def test_slices_from_several_threads(self, file: H5File) -> None:
        _contract.check_threads(lambda: _contract.check_slices(file))

    def test_read_many(self, file: H5File) -> None:
        _contract.check_read_many(self._reads_many(file))

    def test_results_of_read_many_belong_to_the_caller(self, file: H5File) -> None:
        _contract.check_read_many_owns(self._reads_many(file))

    def test_read_many_from_several_threads(self, file: H5File) -> None:
        many = self._reads_many(file)
        _contract.check_threads(lambda: _contract.check_read_many(many))

    @staticmethod
    def _reads_many(file: H5File) -> SupportsReadMany:
        if not isinstance(file, SupportsReadMany):
            pytest.skip("the backend has no read_many: livn-core slices")
        return file

    @pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
    def test_awkward_file(self, case: Case, source_of: SourceOf, open_: Open) -> None:
        source, outcome = source_of(case)
        case.check(outcome, lambda: self._read(open_, source))

    def test_reading_a_part_gives_that_part_of_the_whole(self, source_of: SourceOf, open_: Open) -> None:
        for case in (TYPICAL, LARGE):
            source, outcome = source_of(case)
            assert isinstance(outcome, Content)
            with open_(source) as file:
                check_partial(file.projection(*PAIR), outcome.edges[PAIR])

    def test_an_unsupported_type_harms_nothing_else(self, source_of: SourceOf, open_: Open) -> None:
        source, _ = source_of(BY_NAME["unsupported-type"])
        with open_(source) as file:
            assert file.population_ranges == {"A": (0, 3)}
            assert dict(file.namespaces("A")) == {"N": ("v",)}

    def test_one_file_from_several_threads(self, source_of: SourceOf, open_: Open) -> None:
        source, outcome = source_of(LARGE)
        assert isinstance(outcome, Content)
        with open_(source) as file:
            _contract.check_threads(lambda: assert_same(read_content(file), outcome), times=1)

    def test_several_files_from_several_threads(self, source_of: SourceOf, open_: Open) -> None:
        source, outcome = source_of(TYPICAL)
        assert isinstance(outcome, Content)
        _contract.check_threads(lambda: assert_same(self._read(open_, source), outcome), times=2)

    def test_what_is_no_hdf5_is_a_format_error(self, tmp_path: Path, open_: Open) -> None:
        path, _ = self._local_copy(tmp_path, TYPICAL)
        _damage.check_not_hdf5(path, lambda: self._read(open_, str(path)))

    @pytest.mark.parametrize("case", [TYPICAL, LARGE, BY_NAME["trees"]], ids=lambda case: case.name)
    def test_truncated_files(self, case: Case, tmp_path: Path, open_: Open) -> None:
        path, content = self._local_copy(tmp_path, case)
        _damage.check_truncated(path, lambda: self._read(open_, str(path)), content, points=60)

    @pytest.mark.parametrize("case", [TYPICAL, LARGE, BY_NAME["trees"]], ids=lambda case: case.name)
    def test_flipped_bytes(self, case: Case, tmp_path: Path, open_: Open) -> None:
        path, _ = self._local_copy(tmp_path, case)
        _damage.check_flipped(path, lambda: self._read(open_, str(path)), count=100)

    @pytest.mark.parametrize("case", [TYPICAL, LARGE], ids=lambda case: case.name)
    def test_nothing_is_a_view_of_the_file(self, case: Case, tmp_path: Path, open_: Open) -> None:
        path, content = self._local_copy(tmp_path, case)
        _damage.check_no_view(path, lambda: self._read(open_, str(path)), content)

    def _local_copy(self, folder: Path, case: Case) -> tuple[Path, Content]:
        if not self.reads_local_files:
            pytest.skip("the backend does not read local files, so the kit cannot damage them")
        path = folder / f"{case.name}.h5"
        outcome = case.write(path)
        assert isinstance(outcome, Content)
        return path, outcome

    @staticmethod
    def _read(open_: Open, source: str) -> Content:
        with open_(source) as file:
            return read_content(file)
