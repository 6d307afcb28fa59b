"""The page that shows systems in a browser: plain files, built from ``web/`` in the repository and shipped as they are.

``files/`` holds what the build made; nothing in it is written by hand. Beside it the server offers what Python in the
browser needs: wheels of what is installed here and, where there is a folder of them, the files of Pyodide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import attrs
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from livn_ui.companion.answers import bytes_answer, json_answer
from livn_ui.companion.opening import NotServedError
from livn_ui.companion.settings import CompanionSettings
from livn_ui.pyodide import release, wheels

FOLDER = Path(__file__).parent / "files"
INDEX = "index.html"
_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".wasm": "application/wasm",
    ".zip": "application/zip",
    ".whl": "application/zip",
}


def is_wanted(request: Request) -> bool:
    """Whether it is a browser that asks, which wants HTML; programs want JSON."""
    return "text/html" in request.headers.get("accept", "")


@attrs.frozen
class Page:
    """The page, and what Python in it needs."""

    settings: CompanionSettings

    @property
    def routes(self) -> list[Route]:
        """Its parts."""
        return [
            Route("/page/{file}", self._of(_files)),
            Route("/wheels/{file}", self._of(wheels.all_wheels)),
            Route("/pyodide/{file}", self._of(self._pyodide)),
            Route("/python", self.python),
        ]

    def index(self, request: Request) -> Response:
        """The page itself."""
        return self._answer(request, INDEX, _files()[INDEX])

    def python(self, request: Request) -> Response:
        """Where Python in the browser finds what it needs; addresses are relative to the page's."""
        settings = self.settings
        hsds = settings.hsds_port and {"port": settings.hsds_port, "bucket": settings.bucket}
        found = {
            "pyodide": "pyodide/" if settings.pyodide else release.PUBLIC,
            "wheels": [f"wheels/{name}" for name in wheels.all_wheels()],
            "hsds": hsds,
            "serve_h5": settings.serve_h5,
        }
        return json_answer(request, found)

    def _of(self, parts: Callable[[], Mapping[str, bytes]]) -> Callable[[Request], Response]:
        def endpoint(request: Request) -> Response:
            name = request.path_params["file"]
            found = parts().get(name)
            if found is None:
                raise NotServedError(404, f"there is no {name!r} here")
            return self._answer(request, name, found)

        return endpoint

    def _answer(self, request: Request, name: str, found: bytes) -> Response:
        kind = _KINDS[Path(name).suffix]
        return bytes_answer(request, found, kind, compressible=name.endswith((".js", ".css")), headers=self._headers)

    def _pyodide(self) -> Mapping[str, bytes]:
        return _folder(self.settings.pyodide) if self.settings.pyodide else {}

    @property
    def _headers(self) -> Mapping[str, str]:
        scripts = "'self'" if self.settings.pyodide else f"'self' {release.PUBLIC}"
        policy = {
            # Nothing that comes with data can run. Python may ask any server, as its user tells it to.
            "default-src": "'none'",
            "script-src": f"{scripts} 'wasm-unsafe-eval'",
            "worker-src": "'self' blob:",
            "connect-src": "*",
            "style-src": "'self'",
            "img-src": "'self' data: blob:",
            "base-uri": "'none'",
            "form-action": "'none'",
            "frame-ancestors": "'self'",
        }
        return {
            "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
            "Referrer-Policy": "no-referrer",
            # With these two the page may share memory with Python, which is how Ctrl-C reaches it.
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Embedder-Policy": "require-corp",
        }


@cache
def _files() -> Mapping[str, bytes]:
    """All parts of the page. Names are looked up here, never on the disk."""
    return {path.name: path.read_bytes() for path in FOLDER.iterdir() if path.suffix in _KINDS}


@cache
def _folder(folder: Path) -> Mapping[str, bytes]:
    return {name: (folder / name).read_bytes() for name in release.FILES}
