"""Probing, and opening, answer from what is installed, and import none of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import livn_neuroh5
import pytest

from livn_core import BackendDeclined, ConfigError
from livn_core.backends import Backends


def _package(folder: Path, name: str) -> None:
    (folder / name).mkdir()
    (folder / name / "__init__.py").write_text("raise RuntimeError('imported by the probe')")


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str) -> None:
        return None

    monkeypatch.setattr(livn_neuroh5, "find_spec", find)


@pytest.mark.usefixtures("nothing_installed")
def test_says_what_is_missing():
    answer = livn_neuroh5.livn_backend_available("cells.h5")
    assert not answer
    assert answer.reason == "mpi4py is not installed"
    assert answer.remedy.startswith("pip install mpi4py")


def test_says_that_neuroh5_is_missing(monkeypatch):
    monkeypatch.setattr(livn_neuroh5, "find_spec", lambda name: object() if name == "mpi4py" else None)
    answer = livn_neuroh5.livn_backend_available(None)
    assert answer.reason == "neuroh5 is not installed"
    assert "not on PyPI" in answer.remedy


@pytest.mark.parametrize("source", ["hdf5://EI1/cells.h5", "file:///EI1/cells.h5", "simplecache::https://x/cells.h5"])
def test_local_paths_only(source):
    assert livn_neuroh5.livn_backend_available(source).reason == "reads local paths only"
    with pytest.raises(BackendDeclined, match="neuroh5 reads local paths only"):
        livn_neuroh5.livn_backend_open(source, {})


def test_probe_imports_neither(tmp_path):
    for name in ("mpi4py", "neuroh5"):
        _package(tmp_path, name)
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "import livn_neuroh5\n"
        "assert livn_neuroh5.livn_backend_available('cells.h5').ok\n"
        "assert not {'mpi4py', 'neuroh5'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_ranks_between_the_others():
    assert Backends([]).register(livn_neuroh5, "neuroh5").priority == 20


@pytest.mark.parametrize("options", [{"threads": 2}, {"io_size": 1, "cache_size": 1}, {1: 2}])
def test_there_are_no_options(options):
    with pytest.raises(ConfigError, match=f"takes no options, but got {', '.join(map(str, sorted(options)))}"):
        livn_neuroh5.livn_backend_open("cells.h5", options)


def test_a_missing_file():
    with pytest.raises(FileNotFoundError, match=r"cells\.h5"):
        livn_neuroh5.livn_backend_open("cells.h5", {})


def test_opening_and_looking_around_imports_neither(tmp_path, reference):
    for name in ("mpi4py", "neuroh5"):
        _package(tmp_path, name)
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "import livn_core\n"
        f"with livn_core.open_neuroh5({str(reference / 'e_trees.h5')!r}, backend='neuroh5') as file:\n"
        "    assert file.population_ranges and file.namespaces('GC') and file.trees('GC').gids.size\n"
        f"with livn_core.open_neuroh5({str(reference / 'c_multiblock.h5')!r}, backend='neuroh5') as file:\n"
        "    assert file.projection('A', 'B').in_degree().sum() == file.projection('A', 'B').n_edges == 16\n"
        "assert not {'mpi4py', 'neuroh5'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
