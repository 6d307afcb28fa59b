"""The probe answers from what is installed, and imports none of it."""

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


def test_local_paths_only():
    assert livn_neuroh5.livn_backend_available("hdf5://EI1/cells.h5").reason == "reads local paths only"


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


def test_opener_passes_on():
    with pytest.raises(BackendDeclined, match="goes to the next backend"):
        livn_neuroh5.livn_backend_open("cells.h5", {})
    with pytest.raises(ConfigError, match="takes no options, but got threads"):
        livn_neuroh5.livn_backend_open("cells.h5", {"threads": 2})
