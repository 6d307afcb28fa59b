"""Rules that the repository keeps about itself."""

from __future__ import annotations

import ast
import inspect
import re
import tomllib
from pathlib import Path

import pytest

import livn_core
from livn_core import hookspecs

ROOT = Path(__file__).parents[1]
PROJECTS = [ROOT, *sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))]
HOOKS = [name for name in vars(hookspecs) if name.startswith("livn_backend_")]


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_documented(hook):
    signature = ", ".join(inspect.signature(getattr(hookspecs, hook)).parameters)
    assert f"## `{hook}({signature})`" in (ROOT / "docs" / "hooks.md").read_text()
    assert "Examples" in getattr(hookspecs, hook).__doc__


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_tested(hook):
    tests = [path.read_text() for path in ROOT.glob("**/tests/**/*.py") if path != Path(__file__)]
    assert any(hook in text for text in tests)


@pytest.mark.parametrize("project", PROJECTS, ids=lambda path: path.name)
def test_versions_are_in_lockstep(project):
    found = tomllib.loads((project / "pyproject.toml").read_text())["project"]
    assert found["version"] == livn_core.__version__
    assert found["license"] == "MIT"
    assert (project / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()
    if project != ROOT:
        assert "livn-core>=0.1,<0.2" in found["dependencies"]


def test_the_core_names_no_backend_outside_the_install_hints():
    """Strings that are a name count; prose does not, nor does the kit's list of libraries no probe may import."""
    names = re.compile(r"(livn[_-])?(pyfive|h5pyd|neuroh5)")
    found = []
    for path in sorted((ROOT / "livn_core").rglob("*.py")):
        if path.name == "_hints.py" or path.parent.name == "testing":
            continue
        tree = ast.parse(path.read_text())
        docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            is_text = isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
            if is_text and names.fullmatch(node.value):
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}: {node.value!r}")
    assert not found


def test_the_core_imports_no_plugin():
    for path in (ROOT / "livn_core").rglob("*.py"):
        assert not re.search(r"^\s*(import|from) livn_(pyfive|h5pyd|neuroh5|ui|h5py)\b", path.read_text(), re.MULTILINE)


def test_modules_stay_small_and_say_what_they_are_for():
    for path in [*(ROOT / "livn_core").rglob("*.py"), *ROOT.glob("plugins/*/livn_*/**/*.py")]:
        text = path.read_text()
        assert text.count("\n") <= 300, path
        assert ast.get_docstring(ast.parse(text)), path


def test_the_readme_has_two_commands():
    commands = [
        line for line in (ROOT / "README.md").read_text().splitlines() if line.startswith("python3 -m venv .venv && ")
    ]
    assert len(commands) == 2
    assert commands[0].endswith("livn info EI1")
    assert commands[1].endswith("-m pytest")
