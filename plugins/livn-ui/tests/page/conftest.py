"""A server with systems of several kinds, and a real browser that looks at its page.

The browser is Debian's Chromium, or the one that ``LIVN_TEST_CHROMIUM`` names; without it these tests are skipped.
Pictures are kept in the folder that ``LIVN_TEST_SCREENSHOTS`` names, else with pytest's temporary files.
"""

from __future__ import annotations

import base64
import io
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from livn_ui.companion import Companion, CompanionSettings

from livn_core import Edges, write_system

CHROMIUM = os.environ.get("LIVN_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
GRAPHS = Path(__file__).parents[4] / "systems" / "graphs"
WAIT = 30_000

REST = """async (patience) => {
  const end = performance.now() + patience;
  // What a new size of the window leads to begins with the next frame.
  for (let frame = 0; frame < 2; frame++) await new Promise((go) => requestAnimationFrame(go));
  while (!window.livn.idle) {
    if (performance.now() > end) throw new Error("the page does not come to rest");
    await new Promise((go) => setTimeout(go, 20));
  }
}"""
PICTURE = """async () => {
  const bytes = new Uint8Array(await (await window.livn.stage.image()).arrayBuffer());
  return btoa(Array.from(bytes, (one) => String.fromCharCode(one)).join(""));
}"""


def write_random(path: Path, counts: dict[str, int], per_cell: int, extent: tuple[float, ...]) -> None:
    """A system of cells at random places, each with edges from every population."""
    rng = np.random.default_rng(1)
    starts = np.cumsum([0, *counts.values()]).tolist()
    ranges = {name: (start, count) for (name, count), start in zip(counts.items(), starts, strict=False)}
    cells = {
        name: {
            "Generated Coordinates": {
                f"{axis} Coordinate": (rng.random(count) * size).astype(np.float32)
                for axis, size in zip("XYZ", extent, strict=True)
            }
        }
        for name, count in counts.items()
    }
    edges = {}
    for pre, (first, size) in ranges.items():
        for post, (start, count) in ranges.items():
            sources = rng.integers(first, first + size, (count, per_cell), np.int32)
            pointer = np.arange(count + 1) * per_cell
            edges[pre, post] = Edges(np.arange(start, start + count), pointer, np.sort(sources, axis=1).ravel(), {})
    write_system(path, ranges, edges, cells=cells)


@pytest.fixture(scope="session")
def root(tmp_path_factory):
    """Systems: one with everything, one that is broken, and a larger one."""
    folder = tmp_path_factory.mktemp("page") / "graphs"
    for name in ("EI1", "EI2"):
        shutil.copytree(GRAPHS / name, folder / name)
    (folder / "EI2" / "selection").mkdir()
    (folder / "EI2" / "selection" / "e1.json").write_text(json.dumps({"gids": {"EXC": [3, 4, 5], "INH": [81]}}))
    (folder / "broken").mkdir()
    (folder / "broken" / "cells.h5").write_bytes((GRAPHS / "EI1" / "cells.h5").read_bytes()[:3000])
    write_random(folder / "Many", {"EXC": 8000, "INH": 2000}, 20, (4000, 4000, 20))
    return folder


@pytest.fixture(scope="session")
def address(root) -> Iterator[str]:
    with Companion(CompanionSettings(root)) as companion:
        yield companion.address


@pytest.fixture(scope="session")
def browser():
    if CHROMIUM is None:
        pytest.skip("no Chromium: apt-get install chromium, or set LIVN_TEST_CHROMIUM")
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="pip install playwright (its browsers are not needed)"
    )
    with playwright.sync_playwright() as running:
        found = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield found
        found.close()


@pytest.fixture
def screenshots(tmp_path) -> Path:
    folder = Path(os.environ.get("LIVN_TEST_SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class Look:
    """A page, and what it did that it should not."""

    def __init__(self, page, address: str) -> None:
        self.page = page
        self.address = address
        self.errors: list[str] = []
        self.hosts: set[str] = set()
        page.on("console", lambda one: self.errors.append(one.text) if one.type == "error" else None)
        page.on("pageerror", lambda one: self.errors.append(str(one)))
        page.on("request", lambda one: self.hosts.add(urlsplit(one.url).netloc))

    def open(self, link: str = "", system: str | None = None) -> None:
        self.page.goto("about:blank")  # else another fragment loads nothing
        self.page.goto(f"{self.address}/{link}")
        if system is not None:
            self.wait_for(system)

    def wait_for(self, system: str) -> None:
        self.page.wait_for_selector(f"body[data-complete={system}]", timeout=WAIT)
        self.rest()

    def rest(self) -> None:
        """Wait until all that was asked for is done and drawn."""
        self.page.evaluate(REST, WAIT)

    def pixels(self) -> np.ndarray:
        """The picture as it is now, uint8 (height, width, 3)."""
        self.rest()
        image = pytest.importorskip("PIL.Image", reason="pip install pillow")
        encoded = base64.b64decode(self.page.evaluate(PICTURE))
        return np.asarray(image.open(io.BytesIO(encoded)).convert("RGB"))

    def facts(self) -> dict[str, str]:
        """What the page says of the chosen cell."""
        rows = self.page.locator("dl[data-cell] .fact").all()
        return {row.locator("dt").inner_text(): row.locator("dd").inner_text() for row in rows}

    @property
    def status(self) -> str:
        return self.page.locator("footer").inner_text()


class Console:
    """The console of a page, whose lines are typed one after the other: it takes none while one runs."""

    def __init__(self, page, patience: int) -> None:
        self.page = page
        self.patience = patience

    def open(self) -> None:
        if not self.page.locator(".drawer").is_visible():
            self.page.get_by_role("button", name="Python, in this page").click()
            self.page.locator(".output").get_by_text("Python is ready").wait_for(timeout=self.patience)

    def start(self, line: str) -> int:
        """Type a line once the one before has ended, and give how many lines were there before it."""
        self.ended()
        before = self.page.locator(".output > div").count()
        self.page.fill("#python", line)
        self.page.press("#python", "Enter")
        return before

    def ended(self) -> None:
        self.page.wait_for_selector(".console:not(.busy)", timeout=self.patience)

    def said(self, before: int) -> str:
        """What a line printed that was typed after so many."""
        self.ended()
        self.page.wait_for_timeout(100)  # what Python prints comes by another way than its result
        return "\n".join(self.page.locator(".output > div").all_inner_texts()[before + 1 :])

    def ask(self, line: str) -> str:
        return self.said(self.start(line))

    def stop(self) -> None:
        """Stop a line that takes for ever."""
        self.page.wait_for_selector(".console.busy", timeout=self.patience)
        self.page.press("#python", "Control+c")


@pytest.fixture(scope="session")
def one_page(browser, address) -> Iterator[Look]:
    """One page for all tests."""
    context = browser.new_context()
    yield Look(context.new_page(), address)
    context.close()


@pytest.fixture
def look(one_page):
    """A page of the usual size, which must have made no error and asked no other host when the test is over."""
    one_page.errors.clear()
    one_page.hosts.clear()
    one_page.page.set_viewport_size({"width": 1280, "height": 800})
    one_page.page.emulate_media(color_scheme="light")
    yield one_page
    assert one_page.errors == []
    assert one_page.hosts <= {urlsplit(one_page.address).netloc, ""}
