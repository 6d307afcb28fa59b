"""Ctrl-C in a page that may not share memory with Python, as behind a proxy that drops headers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from livn_ui.companion import Companion, CompanionSettings

from .conftest import GRAPHS, Console, Look

FOLDER = os.environ.get("LIVN_TEST_PYODIDE")
WAIT = 180_000
ISOLATING = ("cross-origin-opener-policy", "cross-origin-embedder-policy")

pytestmark = pytest.mark.skipif(
    FOLDER is None, reason="set LIVN_TEST_PYODIDE to a folder that livn ui web vendor=FOLDER filled"
)


def without_isolation(route) -> None:
    answer = route.fetch()
    kept = {name: value for name, value in answer.headers.items() if name not in ISOLATING}
    route.fulfill(response=answer, headers=kept)


@pytest.fixture(scope="module")
def page(browser, root):
    """A page without isolation, with raw files in Python and the console open."""
    settings = CompanionSettings(root, pyodide=Path(str(FOLDER)), serve_h5=True)
    with Companion(settings) as companion:
        context = browser.new_context()
        context.route(f"{companion.address}/", without_isolation)
        look = Look(context.new_page(), companion.address)
        look.page.set_default_timeout(WAIT)
        look.open("#system=EI1&source=files")
        look.page.wait_for_selector("body[data-complete=EI1]")
        assert look.page.evaluate("crossOriginIsolated") is False
        Console(look.page, WAIT).open()
        yield look
        context.close()
    assert look.errors == []


def stopped(page: Look) -> str:
    """What the console says of a line that takes for ever, and is stopped."""
    console = Console(page.page, WAIT)
    before = console.start("exec('while True: pass')")
    page.page.evaluate("delete document.body.dataset.complete")
    console.stop()
    return console.said(before)


def look_up(page: Look, gid: int) -> None:
    page.page.fill("#gid", str(gid))
    page.page.press("#gid", "Enter")
    page.page.wait_for_selector(f"dl[data-cell='{gid}']")
    page.rest()
    assert not page.page.locator(".alert").is_visible()


def test_what_runs_is_ended_and_the_console_works_again(page):
    console = Console(page.page, WAIT)
    console.ask("kept = 42")
    assert stopped(page).startswith("Python was ended, and its variables are gone")
    assert console.ask("'kept' in globals(), System(predefined('EI1')).populations") == "(False, ['EXC', 'INH'])"
    modules = console.ask("import sys; 'h5pyd' in sys.modules, 'livn_h5pyd' in sys.modules")
    assert modules == "(False, True)", "h5pyd takes a second, and nobody has asked for it"


def test_what_python_had_open_is_opened_again(page):
    """After the test before: its system came from Python that is gone."""
    inside = page.page
    inside.wait_for_selector("body[data-complete=EI1]")
    assert "raw files over HTTP" in page.status
    look_up(page, 3)


def test_files_of_this_computer_are_handed_to_python_again(page):
    inside = page.page
    inside.set_input_files("#folder", str(GRAPHS / "EI2"))
    inside.wait_for_selector("body[data-complete=EI2]")
    stopped(page)
    inside.wait_for_selector("body[data-complete=EI2]")
    assert "files on this computer" in page.status
    look_up(page, 5)
