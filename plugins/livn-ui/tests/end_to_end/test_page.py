"""The page about serving can be followed: its blocks run in their order, but for ports, where they stand."""

from __future__ import annotations

import re
import shutil
import sys
from contextlib import ExitStack
from pathlib import Path

import attrs
import pytest

PAGE = Path(__file__).parents[4] / "docs" / "serving.md"
BLOCK = re.compile(
    r"(?:^<!-- not run: (?P<why>[^\n]+) -->\n)?^```(?P<language>bash|python)\n(?P<code>.*?)^```$", re.M | re.S
)
HERE = "plugins/livn-ui/tests/end_to_end runs it with one"


@attrs.define
class Reader:
    """Somebody who types what the page says into two terminals."""

    directory: Path
    port: int
    run: object
    serving: object
    stack: ExitStack
    exported: dict[str, str] = attrs.field(factory=dict)
    printed: str = ""

    def follow(self, language, code):
        code = code.replace("5101", str(self.port)).replace("5102", str(self.port + 1))
        if language == "python":
            self.printed += self.run([sys.executable, "-c", code], self.directory, **self.exported).stdout
        elif code.startswith("livn ui server"):
            self.start(dict(word.split("=", 1) for word in code.split() if "=" in word))
        else:
            for name, value in re.findall(r"^export (\w+)='(.*)'$", code, re.MULTILINE):
                self.exported[name] = value
            self.printed += self.run(["bash", "-e", "-c", code], self.directory, **self.exported).stdout

    def start(self, options):
        self.stack.close()
        self.stack.enter_context(self.serving(self.directory, port=str(self.port), **options))


@pytest.fixture
def reader(tmp_path, graphs, hsds_python, run, serving, two_free_ports):
    for name in ("EI1", "EI2"):
        shutil.copytree(graphs / name, tmp_path / "systems" / "graphs" / name)
    (tmp_path / "hsds-env").symlink_to(Path(hsds_python).parents[1])
    with ExitStack() as stack:
        yield Reader(tmp_path, two_free_ports(), run, serving, stack)


def test_the_page_can_be_followed(reader):
    blocks = list(BLOCK.finditer(PAGE.read_text(encoding="utf-8")))
    followed = [block for block in blocks if not block["why"] or HERE in block["why"]]
    assert len(followed) >= 8
    for block in followed:
        reader.follow(block["language"], block["code"])
    assert "h5pyd ['EXC', 'INH']\n" in reader.printed
    assert "pyfive ['EXC', 'INH']\n" in reader.printed
    assert "readable without a password" in reader.printed


def test_commands_that_are_not_run_have_options_that_exist(run, tmp_path):
    """Every option on the page is one that the command's help names."""
    page = PAGE.read_text(encoding="utf-8")
    for command in ("server", "import", "check"):
        known = run([sys.executable, "-m", "livn_core", "ui", command, "--help"], tmp_path).stdout
        lines = re.findall(rf"livn ui {command} ([^\n`#)]*)", page)
        used = {key for line in lines for key in re.findall(r"\b(\w+)=", line)}
        assert used, command
        assert not {key for key in used if f"--{key} " not in known}, command
