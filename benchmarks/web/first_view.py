"""How long somebody waits for the page, and how smoothly it turns, in a Chromium that draws without a graphics card.

    python benchmarks/web/first_view.py [--quick] [--pyodide FOLDER] [--rounds 5]

First view: from asking for the page until the cells of a system are drawn. Python: from starting it until it has opened
the same system, and until it is ready; only with a folder that ``livn ui web vendor=FOLDER`` filled. Turning: the times
between frames while 100,000 cells turn. Everything comes over loopback, and nothing is in the browser's cache at first.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from livn_ui.companion import Companion, CompanionSettings
from playwright.sync_api import Browser, Page, sync_playwright

from livn_core import Edges, write_system

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
PATIENCE = 120_000
FIRST = """() => new Promise((found) => {
  const drawn = () => requestAnimationFrame(() => found(performance.now()));
  const look = () => document.body.dataset.ready ? drawn() : setTimeout(look, 5);
  look();
})"""
READY = """async () => {
  const begin = performance.now();
  await window.livn.host.ready();
  return performance.now() - begin;
}"""
TURN = """async (frames) => {
  const times = [];
  let last = await new Promise(requestAnimationFrame);
  for (let frame = 0; frame < frames; frame++) {
    window.livn.stage.turn(0.05, 0.01);
    const now = await new Promise(requestAnimationFrame);
    times.push(now - last);
    last = now;
  }
  return times;
}"""


def write(path: Path, counts: Sequence[int], per_cell: int) -> None:
    """Cells at random places in a layer, and from each population to each as many edges for each cell."""
    rng = np.random.default_rng(1)
    starts = np.cumsum([0, *counts]).tolist()
    ranges = dict(zip(("EXC", "INH"), zip(starts, counts, strict=False), strict=True))
    cells = {
        name: {"Generated Coordinates": {f"{axis} Coordinate": rng.random(count, np.float32) * 4000 for axis in "XYZ"}}
        for name, (_, count) in ranges.items()
    }
    edges = {}
    for pre, (first, size) in ranges.items():
        for post, (start, count) in ranges.items():
            sources = np.sort(rng.integers(first, first + size, (count, per_cell), np.int32), axis=1).ravel()
            edges[pre, post] = Edges(np.arange(start, start + count), np.arange(count + 1) * per_cell, sources, {})
    write_system(path, ranges, edges, cells=cells)


def open_page(browser: Browser, address: str, system: str) -> Page:
    """A page of its own, with nothing in its cache."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{address}/#system={system}")
    return page


def first_views(browser: Browser, address: str, system: str, rounds: int) -> list[float]:
    """Milliseconds until the cells are drawn, each in a fresh page."""
    found = []
    for _ in range(rounds):
        page = open_page(browser, address, system)
        found.append(page.evaluate(FIRST))
        page.context.close()
    return found


def starts(browser: Browser, address: str, system: str, rounds: int) -> list[float]:
    """Milliseconds until Python is ready, each in a fresh page."""
    found = []
    for _ in range(rounds):
        page = open_page(browser, address, system)
        page.wait_for_selector(f"body[data-complete={system}]")
        found.append(page.evaluate(READY))
        page.context.close()
    return found


def frames(browser: Browser, address: str, system: str, count: int) -> list[float]:
    """Milliseconds from frame to frame while a system turns."""
    page = open_page(browser, address, system)
    page.wait_for_selector(f"body[data-complete={system}]")
    found: list[float] = page.evaluate(TURN, count)
    page.context.close()
    return found


def say(what: str, values: Sequence[float]) -> None:
    """One line: median, least and most."""
    print(f"{what:<44} {statistics.median(values):7.0f} ms  ({min(values):.0f} to {max(values):.0f})")


def measure(root: Path, large: int, pyodide: Path | None, rounds: int) -> None:
    """Measure, and print."""
    settings = CompanionSettings(root, pyodide=pyodide)
    with Companion(settings) as companion, sync_playwright() as playwright:
        chromium = os.environ.get("LIVN_TEST_CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        address = companion.address
        say("first view of 10,000 cells", first_views(browser, address, "Layer", rounds))
        say(f"from frame to frame, {large:,} cells turning", frames(browser, address, "Large", 40))
        if pyodide is None:
            print("Python: left out; --pyodide names a folder that `livn ui web vendor=FOLDER` filled")
        else:
            say("Python ready", starts(browser, address, "Layer", rounds))
        browser.close()


def main() -> None:
    """Read the command line, write the systems, measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one round, and a tenth of the cells")
    parser.add_argument("--pyodide", type=Path, default=os.environ.get("LIVN_TEST_PYODIDE"))
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    large = 10_000 if given.quick else 100_000
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / "Layer", (8000, 2000), 50)
        write(Path(folder) / "Large", (large * 4 // 5, large // 5), 5)
        measure(Path(folder), large, given.pyodide, 1 if given.quick else given.rounds)


if __name__ == "__main__":
    main()
