"""Plugins as users install them: a module and a ``dist-info`` folder on the path."""

from __future__ import annotations

import itertools
import sys
import textwrap
from collections.abc import Callable, Iterator
from importlib.metadata import distributions
from pathlib import Path

import pytest

from livn_core.backends import Backends

_count = itertools.count()

Install = Callable[..., str]


@pytest.fixture(autouse=True)
def _no_choice_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("LIVN_H5_BACKEND", "LIVN_HSDS"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed distributions."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return folder


@pytest.fixture
def install(site: Path) -> Iterator[Install]:
    """Install a plugin: ``install("name", code)`` returns the name of its module."""
    modules: list[str] = []

    def install(name: str, code: str, *, dist: str = "", version: str = "1.0", value: str = "") -> str:
        module = f"fake_plugin_{next(_count)}"
        modules.append(module)
        (site / f"{module}.py").write_text(textwrap.dedent(code))
        info = site / f"{(dist or 'dist_' + module).replace('-', '_')}-{version}.dist-info"
        info.mkdir(exist_ok=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {dist or 'dist-' + module}\nVersion: {version}\n")
        with (info / "entry_points.txt").open("a") as file:
            file.write(f"[livn.backends]\n{name} = {value or module}\n")
        return module

    yield install
    for module in modules:
        sys.modules.pop(module, None)


@pytest.fixture
def backends(site: Path) -> Callable[[], Backends]:
    """What is installed in the folder, as a set of backends."""

    def build() -> Backends:
        entries = [
            entry
            for dist in distributions(path=[str(site)])
            for entry in dist.entry_points
            if entry.group == "livn.backends"
        ]
        return Backends(entries)

    return build
