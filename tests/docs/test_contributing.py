"""What CONTRIBUTING.md prints is a backend that passes the kit."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

pytest.importorskip("h5py", reason="the printed backend reads with h5py")

PAGE = Path(__file__).parents[2] / "CONTRIBUTING.md"
FILES = {"livn_mine/__init__.py", "livn_mine/file.py", "pyproject.toml", "tests/test_mine.py"}


@pytest.fixture
def project(tmp_path, printed):
    """A folder with the printed files, as an editable install would leave it."""
    files = dict(printed(PAGE))
    assert set(files) >= FILES
    for name in FILES:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(files[name], encoding="utf-8")
    install(tmp_path)
    return tmp_path


def install(folder):
    declared = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    name, version = declared["name"], declared["version"]
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    points = declared["entry-points"]["livn.backends"].items()
    (info / "entry_points.txt").write_text("\n".join(["[livn.backends]", *(f"{a} = {b}" for a, b in points)]))


@pytest.fixture
def run(project, clean_environment):
    def run(*arguments, **environment):
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=project,
            env={**clean_environment, "PYTHONPATH": str(project), **environment},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_the_printed_test_passes(run):
    assert "passed" in run("-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--basetemp=kit")


def test_the_printed_test_for_what_reads_elsewhere_passes(run, project, printed):
    (code,) = [code for name, code in printed(PAGE) if not name and "reads_local_files = False" in code]
    (project / "tests" / "test_mine.py").write_text(code, encoding="utf-8")
    assert "passed" in run("-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--basetemp=kit")


def test_livn_core_finds_the_backend_and_reads_through_it(run):
    assert "mine" in run("-m", "livn_core", "backends").split()
    found = json.loads(run("-m", "livn_core", "info", "EI1", "--json", LIVN_H5_BACKEND="mine"))
    assert found["backend"] == "mine"
