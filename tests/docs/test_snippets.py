"""The Python blocks of the documentation run, in the order in which they stand on their page."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import livn_core

for needed in ("livn_pyfive", "h5py", "scipy"):
    pytest.importorskip(needed, reason=f"the documentation's blocks need {needed}")

ROOT = Path(__file__).parents[2]
RUNNER = Path(__file__).parent / "run_page.py"
EI1 = Path(livn_core.__file__).parent / "data" / "systems" / "EI1"
READMES = ["README.md", "plugins/livn-pyfive/README.md", "examples/livn-h5py/README.md"]
FOLLOWED = {"tutorial.md"}
"""Pages whose shell blocks run as well, for what is below needs what they make."""
PAGES = [
    page
    for page in [*(ROOT / name for name in READMES), *sorted((ROOT / "docs").glob("*.md"))]
    if "```python\n" in page.read_text(encoding="utf-8")
]


@pytest.fixture
def run_page(tmp_path, clean_environment):
    """Run a page in a copy of EI1's directory, with warnings as errors."""
    folder = shutil.copytree(EI1, tmp_path / "EI1")

    def run(page, *flags):
        return subprocess.run(
            [sys.executable, "-W", "error", RUNNER, page, *flags],
            cwd=folder,
            env=clean_environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_blocks_run(page, run_page):
    if "examples" in page.parts:
        pytest.importorskip("livn_h5py", reason="the example's README opens a file with the example")
    flags = ["--shell"] if page.name in FOLLOWED else []
    done = run_page(page, *flags)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("block", "problem"),
    [
        ("import livn_core\nlivn_core.no_such_name\n", "no_such_name"),
        ("1 + 1  # 3\n", "the page says 3, but it is 2"),
        ("with open('cells.h5'):\n    [1]  # [2]\n", "the page says [2], but it is [1]"),
    ],
)
def test_a_wrong_block_is_noticed(block, problem, tmp_path, run_page):
    page = tmp_path / "page.md"
    page.write_text(f"# Page\n\n```python\n{block}```\n")
    done = run_page(page)
    assert done.returncode == 1
    assert problem in done.stderr
    assert f'page.md", line {3 + block.count(chr(10))}' in done.stderr


@pytest.mark.parametrize(
    ("block", "problem"),
    [
        ("```bash\nlivn no-such-command\n```\n", "no-such-command"),
        ("```bash\nfalse\ntrue\n```\n", "AssertionError"),
        ("```bash\necho 2\n```\n\n```text\n1\n```\n", "the page says\n1\nbut it prints\n2\n"),
        ("```bash\necho 1\necho 2\n```\n\n```text\n…\n```\n", "the page says\n…\nbut it prints\n1\n2\n"),
    ],
)
def test_a_wrong_command_is_noticed(block, problem, tmp_path, run_page):
    page = tmp_path / "page.md"
    page.write_text(f"# Page\n\n{block}", encoding="utf-8")
    done = run_page(page, "--shell")
    assert done.returncode == 1
    assert problem in done.stderr


def test_a_command_prints_what_the_page_says(tmp_path, run_page):
    page = tmp_path / "page.md"
    page.write_text("# Page\n\n```bash\necho 1\necho 2\n```\n\n```text\n…\n2\n```\n", encoding="utf-8")
    assert run_page(page, "--shell").returncode == 0
