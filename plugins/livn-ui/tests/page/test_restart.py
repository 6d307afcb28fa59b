"""Ctrl-C in a page that may not share memory with Python, as behind a proxy that drops headers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from livn_ui.companion import Companion, CompanionSettings

from .conftest import Look

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
        look.page.get_by_role("button", name="Python, in this page").click()
        look.page.locator(".output").get_by_text("Python is ready").wait_for()
        yield look
        context.close()
    assert look.errors == []


def type_line(page, line: str) -> None:
    page.fill("#python", line)
    page.press("#python", "Enter")


def printed(page) -> list[str]:
    page.wait_for_selector(".console:not(.busy)")
    return page.locator(".output > div").all_inner_texts()


def test_what_runs_is_ended_and_the_console_works_again(page):
    inside = page.page
    type_line(inside, "kept = 42")
    printed(inside)
    type_line(inside, "exec('while True: pass')")
    inside.wait_for_selector(".console.busy")
    inside.evaluate("delete document.body.dataset.complete")
    inside.press("#python", "Control+c")
    said = printed(inside)[-1]
    assert said.startswith("Python was ended, and its variables are gone")
    type_line(inside, "'kept' in globals(), System(predefined('EI1')).populations")
    inside.locator(".output").get_by_text("(False, ['EXC', 'INH'])").wait_for()
    type_line(inside, "import sys; 'h5pyd' in sys.modules, 'livn_h5pyd' in sys.modules")
    assert printed(inside)[-1] == "(False, True)", "h5pyd takes a second, and nobody has asked for it"


def test_what_python_had_open_is_opened_again(page):
    """After the test before: its system came from Python that is gone."""
    inside = page.page
    inside.wait_for_selector("body[data-complete=EI1]")
    assert "raw files over HTTP" in page.status
    inside.fill("#gid", "3")
    inside.press("#gid", "Enter")
    inside.wait_for_selector("dl[data-cell='3']")
    page.rest()
    assert not inside.locator(".alert").is_visible()
