"""The page in a real browser: what it shows is what the system holds."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from livn_core import System

SIZES = {"wide": (1600, 1000), "laptop": (1280, 720), "phone": (420, 900)}


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


def test_clicking_a_cell_chooses_it_and_draws_its_edges(look):
    look.open("#system=EI1&edges=none", "EI1")
    before = look.pixels()
    away = np.abs(before.astype(int) - np.median(before.reshape(-1, 3), axis=0)).sum(axis=2)
    blue = np.argwhere((before[..., 2] > before[..., 0].astype(int) + 60) & (away > 120))
    y, x = blue[len(blue) // 2]
    look.page.locator("canvas").click(position={"x": int(x), "y": int(y)})
    look.page.wait_for_selector("dl[data-cell]")
    assert look.facts()["population"] == "EXC"
    chosen = look.pixels()
    look.page.check("input[name=edges][value=in]")
    with_edges = look.pixels()
    assert (chosen != before).any(), "no ring around the cell"
    assert (with_edges != chosen).any(), "no edges"


def test_hiding_a_population(look):
    look.open("#system=EI2", "EI2")
    before = look.pixels()
    look.page.uncheck("input[data-population=INH]")
    assert "80 of 100 cells shown" in look.status
    red = lambda image: int(((image[..., 0] > 150) & (image[..., 1] < 110) & (image[..., 2] < 130)).sum())  # noqa: E731
    assert red(before) > 50
    assert red(look.pixels()) == 0


def test_turning_and_fitting(look):
    look.open("#system=EI2", "EI2")
    before = look.pixels()
    look.page.mouse.move(640, 400)
    look.page.mouse.down()
    look.page.mouse.move(760, 460, steps=6)
    look.page.mouse.up()
    assert not nearly_equal(look.pixels(), before)
    look.page.locator("canvas").press("f")
    assert nearly_equal(look.pixels(), before)
    look.page.locator("canvas").press("ArrowLeft")
    assert not nearly_equal(look.pixels(), before)


def test_a_link_restores_the_view(look):
    look.open("#system=EI2", "EI2")
    look.page.uncheck("input[data-population=INH]")
    look.page.locator("canvas").press("ArrowLeft")
    look.page.fill("#gid", "12")
    look.page.locator("#gid").press("Enter")
    look.page.wait_for_selector("dl[data-cell='12']")
    picture = look.pixels()
    state = parse_qs(urlsplit(look.page.url).fragment)
    assert state["hide"] == ["INH"]
    assert state["cell"] == ["12"]
    link = look.page.url
    look.open(link.removeprefix(look.address).lstrip("/"), "EI2")
    assert nearly_equal(look.pixels(), picture)


def test_a_stored_selection_is_highlighted(look):
    look.open("#system=EI2", "EI2")
    before = look.pixels()
    look.page.select_option("#selection", "e1")
    assert (look.pixels() != before).any()
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
    assert look.page.input_value("#system") == "EI1", "what is shown stays"
    assert look.page.locator("tbody tr").count() == 4
    look.page.select_option("#system", "EI2")
    look.wait_for("EI2")
    assert not look.page.locator(".alert").is_visible()
    look.errors.clear()  # the browser itself notes that the answer was 422


def test_a_system_that_is_not_there(look):
    look.open("#system=Nowhere", "EI1")
    assert look.page.locator(".alert span").inner_text() == "There is no system Nowhere here; this is EI1."


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pictures(look, screenshots, size, scheme):
    width, height = SIZES[size]
    look.page.set_viewport_size({"width": width, "height": height})
    look.page.emulate_media(color_scheme=scheme)
    look.open("#system=Many&cell=17", "Many")
    look.page.screenshot(path=screenshots / f"page-{size}-{scheme}.png")
    brightness = look.pixels().mean()
    assert brightness > 160 if scheme == "light" else brightness < 90
    overflow = look.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, "the page is wider than the window"


def test_everything_has_a_name_for_screen_readers(look):
    look.open("#system=EI2&cell=3", "EI2")
    nameless = look.page.locator("input, select, button, canvas, [role=region]").evaluate_all(
        """all => all.filter(e => !(e.getAttribute('aria-label') || e.labels?.[0]?.textContent || e.textContent).trim())
                      .map(e => e.outerHTML)"""
    )
    assert nameless == []


def test_sliders_change_the_picture(look):
    look.open("#system=EI2", "EI2")
    before = look.pixels()
    look.page.get_by_label("Point size").fill("18")
    larger = look.pixels()
    ground = np.median(before.reshape(-1, 3), axis=0)
    covered = lambda image: int((image != ground).any(axis=2).sum())  # noqa: E731
    assert covered(larger) > 1.5 * covered(before)
    look.page.get_by_label("Opacity").fill("0.2")
    assert not nearly_equal(look.pixels(), larger)
    assert "size=18" in look.page.url
    assert "opacity=0.2" in look.page.url


@pytest.mark.parametrize("name", ["Bounding box", "Electrodes"])
def test_switches_change_the_picture(look, name):
    look.open("#system=EI2", "EI2")
    before = look.pixels()
    look.page.uncheck(f"text={name}")
    assert (look.pixels() != before).any()


def test_a_link_to_a_source_that_is_not_here(look):
    look.open("#system=EI2&source=hsds", "EI2")
    assert look.page.locator(".alert span").inner_text().startswith("There is no HSDS beside this server")
    assert "from the companion server" in look.status


def test_the_picture_can_be_saved(look):
    look.open("#system=EI1", "EI1")
    with look.page.expect_download() as saved:
        look.page.get_by_role("button", name="Save the picture as PNG").click()
    assert saved.value.suggested_filename == "EI1.png"
    assert saved.value.path().read_bytes().startswith(b"\x89PNG")


def test_the_window_may_change_its_size(look):
    """What was fitted is fitted again, and a link says nothing of a camera that nobody has moved."""
    look.open("#system=EI2", "EI2")
    look.page.set_viewport_size({"width": 700, "height": 900})
    look.rest()
    assert "camera" not in look.page.url
    shown = look.pixels()
    look.open("#system=EI2", "EI2")
    assert nearly_equal(look.pixels(), shown)


def test_nothing_that_comes_with_data_can_run(look):
    look.open("#system=EI1", "EI1")
    ran = look.page.evaluate("""() => {
      const script = document.createElement("script");
      script.textContent = "window.ran = true";
      document.head.append(script);
      return window.ran ?? false;
    }""")
    assert ran is False
    assert "Content Security Policy" in look.errors[0]
    look.errors.clear()
