"""Sphinx extension: links between files of the repository lead from page to page in the built documentation as well.

READMEs are included from where they lie, and pages link to files outside this folder, as a code host wants it. Here a
link to a file that has a page becomes a link to that page, and one to a file or folder without a page becomes its
text. A link to what is not there stays as it is: MyST then warns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from sphinx.application import Sphinx

DOCS = Path(__file__).resolve().parent
INCLUDE = re.compile(r"^```\{include\} (\S+)$", re.MULTILINE)
LINK = re.compile(r"(?<!!)\[(?P<text>[^\[\]]+)\]\((?P<path>[^()\s:#]+)(?P<anchor>#[^()\s]*)?\)")
"""A link to a relative path: not an image, an address, or an anchor of the same page."""


def pages() -> dict[Path, str]:
    """The page of each file that has one: the pages of this folder, and what they include."""
    found = {}
    for page in sorted(DOCS.glob("*.md")):
        found[page] = page.name
        for included in INCLUDE.findall(page.read_text(encoding="utf-8")):
            found[(DOCS / included).resolve()] = page.name
    return found


def follow(text: str, folder: Path, known: Mapping[Path, str]) -> str:
    """Replace the links in a file's text.

    Parameters
    ----------
    text
        Markdown.
    folder
        Where the file lies.
    known
        Names of pages, by file.
    """

    def replace(link: re.Match[str]) -> str:
        target = (folder / link["path"]).resolve()
        if target in known:
            return f"[{link['text']}](/{known[target]}{link['anchor'] or ''})"
        return link["text"] if target.exists() else link[0]

    return LINK.sub(replace, text)


def setup(app: Sphinx) -> dict[str, bool]:
    """Follow links in pages, and in what they include."""
    known = pages()

    def read_page(_: Sphinx, name: str, content: list[str]) -> None:
        content[0] = follow(content[0], (DOCS / name).parent, known)

    def read_included(_: Sphinx, path: Path, parent: str, content: list[str]) -> None:
        content[0] = follow(content[0], (DOCS / path).parent, known)

    app.connect("source-read", read_page)
    app.connect("include-read", read_included)
    return {"parallel_read_safe": True}
