"""Python in the page: a real Pyodide in a real browser reads from a real HSDS, over HTTP ranges, and from local files.

``LIVN_TEST_PYODIDE`` names a folder that ``livn ui web vendor=FOLDER`` filled; without it these tests are skipped.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from livn_ui.importing import ImportOptions, import_systems
from livn_ui.importing.destination import find_destination
from livn_ui.pyodide.release import check
from livn_ui.serving.server import Serving
from livn_ui.serving.settings import ServeSettings

from livn_core import System

from .conftest import GRAPHS, Console, Look

FOLDER = os.environ.get("LIVN_TEST_PYODIDE")
HSDS = os.environ.get("LIVN_TEST_HSDS_PYTHON")
WAIT = 180_000

pytestmark = [
    pytest.mark.skipif(
        FOLDER is None, reason="set LIVN_TEST_PYODIDE to a folder that livn ui web vendor=FOLDER filled"
    ),
    pytest.mark.skipif(HSDS is None, reason="set LIVN_TEST_HSDS_PYTHON to a python that has hsds"),
]

HASHES = """async (system) => {
  const { source } = window.livn;
  const hash = async (array) => {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength).slice();
    const found = await crypto.subtle.digest("SHA-256", bytes);
    return [...new Uint8Array(found)].map((one) => one.toString(16).padStart(2, "0")).join("");
  };
  const cells = await source.cells(system);
  const degrees = await source.degrees(system);
  const edges = await source.edges(system, 5, "in");
  return {
    positions: await hash(cells.positions),
    degrees: await Promise.all([...degrees.incoming, ...degrees.outgoing].map(hash)),
    edges: await hash(BigInt64Array.from(edges, BigInt)),
  };
}"""


def sha256(array: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


@pytest.fixture(scope="module")
def serving(tmp_path_factory):
    """HSDS and the companion, with Python for browsers and a system in both."""
    check(Path(FOLDER))
    root = tmp_path_factory.mktemp("served") / "graphs"
    shutil.copytree(GRAPHS / "EI2", root / "EI2")
    settings = ServeSettings(root, port=0, hsds_python=HSDS, serve_h5=True, pyodide=FOLDER)
    with Serving(settings) as running:
        found = find_destination(root)
        report = import_systems(found.config, root, ["EI2"], options=ImportOptions(public=True), jobs=2)
        assert not report.failed
        yield running


@pytest.fixture(scope="module")
def expected():
    with System(GRAPHS / "EI2", backend="pyfive") as system:
        pairs = [system.projection(*pair) for pair in system.projection_names]
        degrees = [one.in_degree() for one in pairs] + [one.out_degree() for one in pairs]
        edges = np.concatenate([one.in_edges([5]).pre_gids for one in pairs if one.post.name == "EXC"])
        return {
            "positions": sha256(system.neuron_coordinates[:, 1:].astype(np.float32)),
            "degrees": [sha256(one.astype(np.uint32)) for one in degrees],
            "edges": sha256(edges.astype(np.int64)),
        }


@pytest.fixture(scope="module")
def python_page(browser, serving):
    """One page for all tests: starting Python takes seconds."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    look = Look(context.new_page(), f"http://localhost:{serving.files_port}")
    look.page.set_default_timeout(WAIT)
    look.open("#system=EI2", "EI2")
    yield look
    context.close()
    assert [one for one in look.errors if "KeyboardInterrupt" not in one] == []
    assert {host.split(":")[0] for host in look.hosts if host} <= {"localhost"}


def choose(look: Look, source: str) -> None:
    look.page.evaluate("delete document.body.dataset.complete")
    look.page.select_option("#source", source)
    look.page.wait_for_selector("body[data-complete=EI2], .alert:not([hidden])", timeout=WAIT)
    assert not look.page.locator(".alert").is_visible(), look.page.locator(".alert").inner_text()


@pytest.mark.parametrize("source", ["companion", "files", "hsds"])
def test_every_source_gives_the_same_arrays(python_page, expected, source):
    if source != "companion":
        choose(python_page, source)
    assert python_page.page.evaluate(HASHES, "EI2") == expected
    assert "100 of 100 cells shown" in python_page.status


def choose_folder(page, folder: Path) -> None:
    page.set_input_files("#folder", str(folder))


def drop_folder(page, folder: Path) -> None:
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": 640, "y": 400, "data": data})
    session.detach()


@pytest.mark.parametrize("give", [choose_folder, drop_folder])
def test_a_folder_of_this_computer(python_page, expected, give):
    python_page.page.evaluate("delete document.body.dataset.complete")
    give(python_page.page, GRAPHS / "EI2")
    python_page.page.wait_for_selector("body[data-complete=EI2]", timeout=WAIT)
    assert "files on this computer" in python_page.status
    assert python_page.page.evaluate(HASHES, "EI2") == expected


@pytest.fixture
def console(python_page) -> Console:
    opened = Console(python_page.page, WAIT)
    opened.open()
    return opened


@pytest.fixture
def type_line(console):
    """A function that types a line into the console and gives what it prints."""
    return console.ask


def test_the_console(type_line, python_page):
    assert type_line("1 + 1") == "2"
    assert type_line("for one in 'ab':") == ""
    assert python_page.page.locator(".prompt").inner_text() == "..."
    assert type_line("    print(one)") == ""
    assert type_line("") == "a\nb"
    assert "ZeroDivisionError: division by zero" in type_line("1 / 0")
    assert "SyntaxError" in type_line("1 +* 2")
    assert type_line("import asyncio; await asyncio.sleep(0, 'waited')") == "'waited'"


def test_the_library_has_bytecode_beside_its_sources(type_line):
    type_line("import asyncio, inspect")
    assert type_line("asyncio.__file__").endswith("asyncio/__init__.pyc'")
    assert type_line("len(inspect.getsource(asyncio.run)) > 100") == "True"


def test_history_and_completion(type_line, python_page):
    page = python_page.page
    type_line("livn_core.__version__")
    page.press("#python", "ArrowUp")
    assert page.input_value("#python") == "livn_core.__version__"
    page.fill("#python", "livn_core.open_neu")
    page.press("#python", "Tab")
    page.wait_for_function("document.querySelector('#python').value.startsWith('livn_core.open_neuroh5')", timeout=WAIT)
    page.fill("#python", "")


def test_what_runs_can_be_stopped(console):
    before = console.start("exec('while True: pass')")
    console.stop()
    assert "KeyboardInterrupt" in console.said(before)
    assert console.ask("40 + 2") == "42"
    console.ask("while True:")
    console.page.press("#python", "Control+c")
    assert console.ask("40 + 3") == "43"


def test_a_system_of_the_console_is_shown(type_line, python_page):
    python_page.page.evaluate("delete document.body.dataset.complete")
    type_line("system = System(predefined('EI2'))")
    python_page.page.wait_for_selector("body[data-complete=EI2]", timeout=WAIT)
    assert "the console's system" in python_page.status
    assert type_line("system.backend") == "'h5pyd'"
    assert type_line("system.populations") == "['EXC', 'INH']"


def test_h5pyd_as_the_documentation_has_it(type_line, serving):
    type_line("import h5pyd")
    type_line(f"f = h5pyd.File('/EI2/cells.h5', 'r', endpoint='{serving.record.endpoint}')")
    assert type_line("list(f['Populations'].keys())") == "['EXC', 'INH']"
    assert "Connection" in type_line("h5pyd.File('/EI2/cells.h5', 'r', endpoint='http://localhost:9')")
