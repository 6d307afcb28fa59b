"""The page that shows systems in a browser: plain files, built from ``web/`` in the repository and shipped as they are.

``files/`` holds what the build made; nothing in it is written by hand. Beside it the server offers what Python in the
browser needs: wheels of what is installed here and, where there is a folder of them, the files of Pyodide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    ".txt": "text/plain; charset=utf-8",
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
            Route("/page/{file}", self._part_of(_files)),
            Route("/wheels/{file}", self._part_of(wheels.all_wheels)),
            Route("/pyodide/{file}", self._part_of(self._pyodide)),
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

    def _part_of(self, parts: Callable[[], Mapping[str, bytes | Path]]) -> Callable[[Request], Response]:
        def endpoint(request: Request) -> Response:
            name = request.path_params["file"]
            found = parts().get(name)
            if found is None:
                raise NotServedError(404, f"there is no {name!r} here")
            return self._answer(request, name, found)

        return endpoint

    def _answer(self, request: Request, name: str, found: bytes | Path) -> Response:
        kind = _KINDS[Path(name).suffix]
        content = found.read_bytes() if isinstance(found, Path) else found
        return bytes_answer(request, content, kind, compressible=name.endswith((".js", ".css")), headers=self._headers)

    def _pyodide(self) -> Mapping[str, Path]:
        folder = self.settings.pyodide
        return {name: folder / name for name in release.FILES} if folder else {}

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


def _files() -> Mapping[str, Path]:
    """All parts of the page. Names are looked up here, never on the disk."""
    return {path.name: path for path in FOLDER.iterdir() if path.suffix in _KINDS}
