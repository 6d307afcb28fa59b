"""Each check of the kit fails a backend that does one thing wrong, and passes the one that does it right."""

from __future__ import annotations

import os
import sys
import time
import types
from functools import partial

import numpy as np
import pytest

from livn_core import Availability, Backends, FormatError, Ranges, hookimpl
from livn_core.ranges import read_by_slicing
from livn_core.testing import _contract, _damage, _hooks
from livn_core.testing._case import Case

h5py = pytest.importorskip("h5py")


class Wrapped:
    """An h5py object that behaves; subclasses spoil one thing."""

    def __init__(self, found, owner=None):
        self.found, self.owner = found, owner or self
        if owner is None:
            self.cache = {}

    def __getitem__(self, key):
        if not self.owner.found:
            raise ValueError("closed")
        if isinstance(key, str):
            return type(self)(self.found[key], self.owner)
        return np.asarray(self.found.astype(self.dtype)[key])

    def __contains__(self, path):
        return path in self.found

    def keys(self):
        return list(self.found)

    @property
    def shape(self):
        return self.found.shape

    @property
    def dtype(self):
        if self.found.dtype == bool:
            return np.dtype(np.int8)
        return self.found.dtype.newbyteorder("=")

    def close(self):
        self.owner.found.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class ReadsMany(Wrapped):
    def read_many(self, requests):
        return [read_by_slicing(self[one.path], one) for one in requests]


class KeepsByteOrder(Wrapped):
    @property
    def dtype(self):
        return self.found.dtype


def plain(dtype):
    return np.dtype([(name, dtype[name].str) for name in dtype.names] if dtype.names else dtype.str)


class DtypeWithoutLabels(Wrapped):
    @property
    def dtype(self):
        return plain(super().dtype)


class FieldsWithoutLabels(Wrapped):
    @property
    def dtype(self):
        return plain(super().dtype) if super().dtype.names else super().dtype


class NoneForMissing(Wrapped):
    def __getitem__(self, key):
        return None if isinstance(key, str) and key not in self.found else super().__getitem__(key)


class OnlyDirectChildren(Wrapped):
    def __contains__(self, path):
        return path in list(self.found)


class KeysAreNested(Wrapped):
    def keys(self):
        names = []
        self.found.visit(names.append)
        return names


class ClipsOneOff(Wrapped):
    def __getitem__(self, key):
        return super().__getitem__(key)[:64] if not isinstance(key, str) else super().__getitem__(key)


class HandsOutItsCache(Wrapped):
    def __getitem__(self, key):
        if isinstance(key, str):
            return super().__getitem__(key)
        cache = self.owner.cache
        return cache.setdefault((self.found.name, str(key)), super().__getitem__(key))


class Unstructured(Wrapped):
    def __getitem__(self, key):
        found = super().__getitem__(key)
        if isinstance(found, np.ndarray) and found.dtype.names:
            return np.array([list(row) for row in found])
        return found


class ReadOnlyArrays(Wrapped):
    def __getitem__(self, key):
        found = super().__getitem__(key)
        if isinstance(found, np.ndarray):
            found.flags.writeable = False
        return found


class StaysOpen(Wrapped):
    def close(self):
        pass


class KeyErrorWhenClosed(Wrapped):
    def __getitem__(self, key):
        if not self.owner.found:
            raise KeyError(key)
        return super().__getitem__(key)


class SortsRanges(ReadsMany):
    def read_many(self, requests):
        return super().read_many(
            [Ranges(one.path, np.sort(one.starts), np.sort(one.stops), one.out) for one in requests]
        )


class DropsOut(ReadsMany):
    def read_many(self, requests):
        return super().read_many([Ranges(one.path, one.starts, one.stops) for one in requests])


class JoinsOverlaps(ReadsMany):
    def read_many(self, requests):
        found = []
        for one, result in zip(requests, super().read_many(requests), strict=True):
            found.append(np.unique(result) if one.out is None else result)
        return found


class RefusesNothing(ReadsMany):
    def read_many(self, requests):
        return super().read_many(requests) if requests else None


class OwnsResults(ReadsMany):
    def read_many(self, requests):
        cache = self.owner.cache
        return [cache.setdefault(one.path, read_by_slicing(self[one.path], one)) for one in requests]


class NotThreadSafe(ReadsMany):
    def read_many(self, requests):
        self.owner.turn = getattr(self.owner, "turn", 0) + 1
        turn = self.owner.turn
        time.sleep(0.005)
        found = super().read_many(requests)
        if turn != self.owner.turn:
            raise AssertionError("another thread came in between")
        return found


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("contract") / "contract.h5"
    Case("contract", "", _contract.write_contract_file).write(path)
    return path


def check_closing(kind, path):
    _contract.check_closing(lambda: kind(h5py.File(path)))


def check_open(check, kind, path):
    with kind(h5py.File(path)) as file:
        check(file)


def threaded(file):
    _contract.check_threads(lambda: _contract.check_read_many(file))


CHECKS = {
    _contract.check_paths: [OnlyDirectChildren, KeysAreNested],
    _contract.check_missing_paths: [NoneForMissing],
    _contract.check_dtypes: [KeepsByteOrder],
    _contract.check_compound: [Unstructured],
    _contract.check_labels: [DtypeWithoutLabels, FieldsWithoutLabels],
    _contract.check_slices: [ClipsOneOff],
    _contract.check_arrays_are_own: [HandsOutItsCache, ReadOnlyArrays],
    _contract.check_read_many: [SortsRanges, DropsOut, JoinsOverlaps, RefusesNothing],
    _contract.check_read_many_owns: [OwnsResults],
    threaded: [NotThreadSafe],
}
PAIRS = [(check, kind) for check, kinds in CHECKS.items() for kind in kinds]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_right_backend_passes(check, path):
    check_open(check, ReadsMany, path)


@pytest.mark.parametrize(("check", "kind"), PAIRS, ids=lambda one: one.__name__)
def test_a_wrong_backend_fails(check, kind, path):
    with pytest.raises(AssertionError):
        check_open(check, kind, path)


def test_closing(path):
    check_closing(Wrapped, path)
    for kind in (StaysOpen, KeyErrorWhenClosed):
        with pytest.raises(AssertionError):
            check_closing(kind, path)


# --- hooks


class Plugin:
    """Hooks that behave."""

    @hookimpl
    def livn_backend_available(self, source):
        if source and "://" in source:
            return Availability.no("reads local files only")
        return Availability.yes()

    @hookimpl
    def livn_backend_open(self, source, options):
        from livn_core import ConfigError

        if options:
            raise ConfigError(f"unknown: {', '.join(options)}")
        return Wrapped(h5py.File(source))

    @hookimpl
    def livn_backend_priority(self):
        return 1


class NoReason(Plugin):
    @hookimpl
    def livn_backend_available(self, source):
        return Availability.no("") if source and "://" in source else None


class TakesEverything(Plugin):
    @hookimpl
    def livn_backend_available(self, source):
        return None


class TakesNothing(Plugin):
    @hookimpl
    def livn_backend_available(self, source):
        return Availability.no("not today")


class SwallowsOptions(Plugin):
    @hookimpl
    def livn_backend_open(self, source, options):
        return Wrapped(h5py.File(source))


class SaysNothing(Plugin):
    @hookimpl
    def livn_backend_open(self, source, options):
        raise FileNotFoundError("no")


class Empty(dict):
    def close(self):
        pass


class OpensNothing(Plugin):
    @hookimpl
    def livn_backend_open(self, source, options):
        return Empty()


class PriorityFromEnvironment(Plugin):
    @hookimpl
    def livn_backend_priority(self):
        return 30 if "LIVN_HSDS" in os.environ else 1


def loaded(plugin):
    return Backends([]).register(plugin, "tested")


HOOKS = {
    "available": (lambda plugin, path: _hooks.check_availability(loaded(plugin), str(path)), [NoReason, TakesNothing]),
    "scheme": (lambda plugin, path: _hooks.check_foreign_scheme(loaded(plugin)), [TakesEverything]),
    "options": (lambda plugin, path: _hooks.check_unknown_option(loaded(plugin), str(path), {}), [SwallowsOptions]),
    "missing": (
        lambda plugin, path: _hooks.check_missing(loaded(plugin), str(path) + ".no", {}),
        [SaysNothing, OpensNothing],
    ),
    "priority": (lambda plugin, path: _hooks.check_priority(plugin), [PriorityFromEnvironment]),
}


@pytest.mark.parametrize("name", HOOKS)
def test_hooks(name, path):
    check, wrong = HOOKS[name]
    check(Plugin(), path)
    for kind in wrong:
        with pytest.raises(AssertionError):
            check(kind(), path)


# --- sidecars

SIDECARS = {"graph.json": b"{}", "selection/e1.json": b"[1]"}


class KeepsSidecars(Plugin):
    @hookimpl
    def livn_backend_sidecar(self, source, name, options):
        if name not in SIDECARS:
            raise FileNotFoundError(name)
        return SIDECARS[name]

    @hookimpl
    def livn_backend_sidecars(self, source, options):
        return list(SIDECARS)


class DoesNotList(KeepsSidecars):
    @hookimpl
    def livn_backend_sidecars(self, source, options):
        return None


class ListsTheTopOnly(KeepsSidecars):
    @hookimpl
    def livn_backend_sidecars(self, source, options):
        return [name for name in SIDECARS if "/" not in name]


class EmptyForMissing(KeepsSidecars):
    @hookimpl
    def livn_backend_sidecar(self, source, name, options):
        return SIDECARS.get(name, b"")


class Rewrites(KeepsSidecars):
    @hookimpl
    def livn_backend_sidecar(self, source, name, options):
        return super().livn_backend_sidecar(source, name, options) + b"\n"


class LeavesTheSystem(KeepsSidecars):
    @hookimpl
    def livn_backend_sidecar(self, source, name, options):
        return super().livn_backend_sidecar(source, name.removeprefix("../"), options)


def test_sidecars():
    _hooks.check_sidecars(loaded(KeepsSidecars()), "mine", SIDECARS, {})
    for kind in (DoesNotList, ListsTheTopOnly, EmptyForMissing, Rewrites, LeavesTheSystem):
        with pytest.raises(AssertionError):
            _hooks.check_sidecars(loaded(kind()), "mine", SIDECARS, {})


def test_a_heavy_probe_is_noticed(tmp_path, monkeypatch):
    light = "from livn_core import hookimpl\n@hookimpl\ndef livn_backend_open(source):\n    import h5py\n"
    heavy = light + "@hookimpl\ndef livn_backend_available(source):\n    import h5py\n"
    for name, text in {"light_plugin": light, "heavy_plugin": heavy}.items():
        (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    _hooks.check_probe_is_light(types.ModuleType("light_plugin"))
    with pytest.raises(AssertionError, match="probing imported h5py"):
        _hooks.check_probe_is_light(types.ModuleType("heavy_plugin"))


# --- damage


def test_damage_is_noticed(tmp_path):
    from livn_core.testing import CASES, Content

    case = next(one for one in CASES if one.name == "one-block")
    path = tmp_path / "one.h5"
    expected = case.write(path)
    good = path.read_bytes()

    def stale():
        return expected

    def crashes():
        if path.read_bytes() != good:
            raise MemoryError("a terabyte, please")
        return expected

    def anonymous():
        raise FormatError("somewhere", "/", "something is wrong")

    def empty():
        return Content({})

    for check in (
        partial(_damage.check_not_hdf5, path, stale),
        partial(_damage.check_not_hdf5, path, anonymous),
        partial(_damage.check_truncated, path, empty, expected, 3),
        partial(_damage.check_flipped, path, crashes, 3),
    ):
        path.write_bytes(good)
        with pytest.raises(AssertionError):
            check()


def test_a_view_of_the_file_is_noticed(tmp_path):
    from livn_core.testing import Attribute, Content

    path = tmp_path / "mapped"
    values = np.arange(4, dtype="<u4")
    path.write_bytes(values.tobytes())
    expected = Content({"A": (0, 1)}, {("A", "N", "v"): Attribute([0], [0, 4], values)})

    def mapped():
        view = np.asarray(np.memmap(path, "<u4", "r"))
        return Content({"A": (0, 1)}, {("A", "N", "v"): Attribute([0], [0, 4], view)})

    def copied():
        return Content({"A": (0, 1)}, {("A", "N", "v"): Attribute([0], [0, 4], np.fromfile(path, "<u4"))})

    _damage.check_no_view(path, copied, expected)
    path.write_bytes(values.tobytes())
    with pytest.raises(AssertionError):
        _damage.check_no_view(path, mapped, expected)
