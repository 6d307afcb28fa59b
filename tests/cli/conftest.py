"""Run the command line as users do: a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment without the machine's own settings."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("LIVN_", "_LIVN"))}
    for name in ("NO_COLOR", "PYTHONIOENCODING", "TERM"):
        clean.pop(name, None)
    return {**clean, "XDG_CACHE_HOME": str(tmp_path / "cache")}


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """An empty working directory."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def run(work: Path, environment: dict[str, str]) -> Run:
    """``run("info", "EI1", LIVN_HSDS="...")`` in the empty working directory."""

    def run(*arguments: str, encoding: str = "utf-8", **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "livn_core", *arguments],
            capture_output=True,
            encoding=encoding,
            timeout=120,
            cwd=work,
            env={**environment, **variables},
            check=False,
        )

    return run


@pytest.fixture
def bash(work: Path, environment: dict[str, str]) -> Run:
    """``bash('$python -m livn_core | head')``: a line of bash, in the same surroundings."""

    def bash(script: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "--norc", "-c", script],
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            cwd=work,
            env={**environment, "python": sys.executable, **variables},
            check=False,
        )

    return bash


@pytest.fixture
def install(tmp_path: Path, environment: dict[str, str]) -> Callable[..., None]:
    """Install a distribution: ``install("name", {"module": code}, group={"entry": "module:object"})``."""
    site = tmp_path / "site"
    site.mkdir()
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(site), os.environ.get("PYTHONPATH"))))

    def install(name: str, modules: Mapping[str, str], **groups: Mapping[str, str]) -> None:
        for module, code in modules.items():
            (site / f"{module}.py").write_text(textwrap.dedent(code))
        info = site / f"{name.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        lines = [
            f"[{group.replace('__', '.')}]\n" + "".join(f"{entry} = {value}\n" for entry, value in entries.items())
            for group, entries in groups.items()
        ]
        (info / "entry_points.txt").write_text("\n".join(lines))

    return install
