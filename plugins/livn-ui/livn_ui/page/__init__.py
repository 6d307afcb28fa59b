"""The page that shows systems in a browser: plain files, built from ``web/`` in the repository and shipped as they are.

``files/`` holds what the build made; nothing in it is written by hand.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from livn_ui.companion.answers import bytes_answer
from livn_ui.companion.opening import NotServedError

FOLDER = Path(__file__).parent / "files"
INDEX = "index.html"
_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}
_HEADERS = {
    # Whatever the page shows comes from data; nothing in data may run.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    ),
    "Referrer-Policy": "no-referrer",
}


def is_wanted(request: Request) -> bool:
    """Whether it is a browser that asks, which wants HTML; programs want JSON."""
    return "text/html" in request.headers.get("accept", "")


def index(request: Request) -> Response:
    """The page itself."""
    return _answer(request, INDEX)


def routes() -> list[Route]:
    """What the page consists of."""
    return [Route("/page/{file}", lambda request: _answer(request, request.path_params["file"]))]


def _answer(request: Request, name: str) -> Response:
    files = _files()
    if name not in files:
        raise NotServedError(404, f"the page has no part {name!r}")
    content, kind = files[name]
    return bytes_answer(request, content, kind, headers=_HEADERS)


@cache
def _files() -> dict[str, tuple[bytes, str]]:
    """All parts of the page: their content, and their kind. Names are looked up here, never on the disk."""
    found = [path for path in FOLDER.iterdir() if path.suffix in _KINDS]
    return {path.name: (path.read_bytes(), _KINDS[path.suffix]) for path in found}
