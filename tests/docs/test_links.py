"""Links lead somewhere: between the files of the repository, and in the documentation built from them."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted(
    [
        *ROOT.glob("*.md"),
        *(
            path
            for top in ("benchmarks", "docs", "examples", "plugins", "systems")
            for path in (ROOT / top).rglob("*.md")
            if "node_modules" not in path.parts
            if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
        ),
    ]
)
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^()\s]+)\)")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


def anchors(markdown):
    """The anchors that a code host gives to headings."""
    headings = HEADING.findall(FENCED.sub("", markdown))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("file", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_files(file):
    text = file.read_text(encoding="utf-8")
    for link in LINK.findall(FENCED.sub("", text)):
        address = urlsplit(link)
        if address.scheme:
            continue
        target = (file.parent / address.path).resolve() if address.path else file
        assert target.exists(), f"{link} leads nowhere"
        if address.fragment:
            assert address.fragment in anchors(target.read_text(encoding="utf-8")), f"{link}: there is no such heading"


class Page(HTMLParser):
    """The links and anchors of one page."""

    def __init__(self, text):
        super().__init__()
        self.links, self.anchors = [], {""}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.anchors |= {given[name] for name in ("id", "name") if given.get(name)}
        self.links += [given[name] for name in ("href", "src") if given.get(name)]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The documentation as HTML, built with warnings as errors."""
    for needed in ("sphinx", "myst_parser", "numpydoc", "furo"):
        pytest.importorskip(needed, reason=f"the documentation is built with {needed}")
    folder = tmp_path_factory.mktemp("html")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-d", folder / ".doctrees", "-b", "html"]
    done = subprocess.run([*command, ROOT / "docs", folder], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return {path: Page(path.read_text(encoding="utf-8")) for path in folder.rglob("*.html")}


def test_links_in_the_built_documentation(built):
    dead = []
    for path, page in built.items():
        for link in page.links:
            address = urlsplit(link)
            if address.scheme or address.netloc:
                continue
            target = (path.parent / unquote(address.path)).resolve() if address.path else path
            known = built[target].anchors if target in built else {address.fragment}
            if not target.is_file() or unquote(address.fragment) not in known:
                dead.append(f"{path.name}: {link}")
    assert not dead


def test_links_between_files_become_links_between_pages(built):
    (overview,) = [page for path, page in built.items() if path.name == "overview.html"]
    assert {"contributing.html", "h5pyd.html", "reading.html"} <= set(overview.links)


def test_every_page_is_in_the_contents(built):
    (index,) = [page for path, page in built.items() if path.name == "index.html"]
    pages = {f"{path.stem}.html" for path in (ROOT / "docs").glob("*.md")} - {"index.html"}
    assert pages <= set(index.links)
