"""The page in a real browser: what it shows is what the system holds."""

from __future__ import annotations

import io
import re
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from livn_core import System

SIZES = {"wide": (1600, 1000), "laptop": (1280, 720), "phone": (420, 900)}


@pytest.fixture
def pixels(look):
    """A function: the picture as it is now, uint8 (height, width, 3)."""
    image = pytest.importorskip("PIL.Image", reason="pip install pillow")

    def pixels() -> np.ndarray:
        look.page.wait_for_timeout(400)  # the next frame, and the sharp one after moving
        return np.asarray(image.open(io.BytesIO(look.page.locator("canvas").screenshot())).convert("RGB")).copy()

    return pixels


def nearly_equal(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two pictures differ in single pixels at most: a camera's place is rounded in a link."""
    return float((one != other).any(axis=2).mean()) < 5e-4


def test_the_first_system_opens_by_itself(look):
    look.open(system="EI1")
    assert "10 of 10 cells shown" in look.status
    assert re.search(r"from the companion server: .* in \d+ requests", look.status)
    names = look.page.locator("#system option").all_inner_texts()
    assert names == ["EI1", "EI2", "Many", "broken"]


def test_choosing_another_system(look):
    look.open(system="EI1")
    look.page.select_option("#system", "EI2")
    look.wait_for("EI2")
    assert "100 of 100 cells shown" in look.status
    assert look.page.title().startswith("EI2")


def test_what_is_said_of_a_cell(look, root):
    look.open("#system=EI2&cell=81", "EI2")
    facts = look.facts()
    with System(root / "EI2") as system:
        place = system.neuron_coordinates[81, 1:]
        arriving = sum(system.projection(pre, "INH").in_degree()[1] for pre in system.populations)
        leaving = sum(system.projection("INH", post).out_degree()[1] for post in system.populations)
    assert facts["population"] == "INH"
    assert (facts["in-degree"], facts["out-degree"]) == (str(arriving), str(leaving))
    shown = [float(one) for one in facts["position"].removesuffix(" µm").split(", ")]
    np.testing.assert_allclose(shown, place, rtol=2e-3)
    assert re.fullmatch(r"\d+, [\d.]+ µm away", facts["electrode"])


def test_the_projection_table(look, root):
    look.open("#system=EI2", "EI2")
    rows = look.page.locator("tbody tr").all()
    shown = {row.locator("th").inner_text(): row.locator("td").first.inner_text() for row in rows}
    with System(root / "EI2") as system:
        expected = {
            f"{pre} → {post}": str(system.projection(pre, post).n_edges) for pre, post in system.projection_names
        }
    assert shown == expected


def test_clicking_a_cell_chooses_it_and_draws_its_edges(look, pixels):
    look.open("#system=EI1&edges=none", "EI1")
    before = pixels()
    away = np.abs(before.astype(int) - np.median(before.reshape(-1, 3), axis=0)).sum(axis=2)
    blue = np.argwhere((before[..., 2] > before[..., 0].astype(int) + 60) & (away > 120))
    y, x = blue[len(blue) // 2]
    look.page.locator("canvas").click(position={"x": int(x), "y": int(y)})
    look.page.wait_for_selector("dl[data-cell]")
    assert look.facts()["population"] == "EXC"
    chosen = pixels()
    look.page.check("input[name=edges][value=in]")
    with_edges = pixels()
    assert (chosen != before).any(), "no ring around the cell"
    assert (with_edges != chosen).any(), "no edges"


def test_hiding_a_population(look, pixels):
    look.open("#system=EI2", "EI2")
    before = pixels()
    look.page.uncheck("input[data-population=INH]")
    assert "80 of 100 cells shown" in look.status
    red = lambda image: int(((image[..., 0] > 150) & (image[..., 1] < 110) & (image[..., 2] < 130)).sum())  # noqa: E731
    assert red(before) > 50
    assert red(pixels()) == 0


def test_turning_and_fitting(look, pixels):
    look.open("#system=EI2", "EI2")
    before = pixels()
    look.page.mouse.move(640, 400)
    look.page.mouse.down()
    look.page.mouse.move(760, 460, steps=6)
    look.page.mouse.up()
    assert not nearly_equal(pixels(), before)
    look.page.locator("canvas").press("f")
    assert nearly_equal(pixels(), before)
    look.page.locator("canvas").press("ArrowLeft")
    assert not nearly_equal(pixels(), before)


def test_a_link_restores_the_view(look, browser, address, pixels):
    look.open("#system=EI2", "EI2")
    look.page.uncheck("input[data-population=INH]")
    look.page.locator("canvas").press("ArrowLeft")
    look.page.fill("#gid", "12")
    look.page.locator("#gid").press("Enter")
    look.page.wait_for_selector("dl[data-cell='12']")
    picture = pixels()
    state = parse_qs(urlsplit(look.page.url).fragment)
    assert state["hide"] == ["INH"]
    assert state["cell"] == ["12"]
    link = look.page.url
    look.page.goto("about:blank")
    look.page.goto(link)
    look.wait_for("EI2")
    assert nearly_equal(pixels(), picture)


def test_a_stored_selection_is_highlighted(look, pixels):
    look.open("#system=EI2", "EI2")
    before = pixels()
    look.page.select_option("#selection", "e1")
    assert (pixels() != before).any()
    assert "selection=e1" in look.page.url


def test_keys(look):
    look.open("#system=EI1", "EI1")
    canvas = look.page.locator("canvas")
    canvas.press("n")
    look.page.wait_for_selector("dl[data-cell='0']")
    canvas.press("p")
    look.page.wait_for_selector("dl[data-cell='9']")
    canvas.press("o")
    look.page.wait_for_selector("input[name=edges][value=out]:checked")
    canvas.press("Escape")
    look.page.wait_for_selector("dl[data-cell]", state="detached")
    canvas.press("?")
    assert look.page.locator("dialog").is_visible()


def test_what_is_wrong_is_said_in_words(look):
    look.open("#system=EI1", "EI1")
    look.page.select_option("#system", "broken")
    look.page.wait_for_selector(".alert:not([hidden])")
    words = look.page.locator(".alert span").inner_text()
    assert words.startswith("broken cannot be shown: ")
    assert "graphs" not in words, "a path of the server"
    look.errors.clear()  # the browser itself notes that the answer was 422


def test_a_system_that_is_not_there(look):
    look.open("#system=Nowhere", "EI1")
    assert look.page.locator(".alert span").inner_text() == "There is no system Nowhere here; this is EI1."


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pictures(browser, address, screenshots, size, scheme):
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{address}/#system=Many&cell=17")
    page.wait_for_selector("body[data-complete=Many]", timeout=30_000)
    page.wait_for_timeout(500)
    page.screenshot(path=screenshots / f"page-{size}-{scheme}.png")
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    context.close()
    assert overflow <= 0, "the page is wider than the window"


def test_everything_has_a_name_for_screen_readers(look):
    look.open("#system=EI2&cell=3", "EI2")
    for element in look.page.locator("input, select, button").all():
        name = element.evaluate("e => e.getAttribute('aria-label') || e.labels?.[0]?.textContent || e.textContent")
        assert name.strip(), element.evaluate("e => e.outerHTML")
