"""The endpoints of the companion file server.

Endpoints are plain functions, which Starlette runs in threads: a slow disk holds up nobody else.
"""

from __future__ import annotations

import logging
from functools import partial

import attrs
from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

import livn_ui
from livn_core.errors import ConfigError, SystemNotFoundError
from livn_ui.companion.answers import error_answer, file_answer, json_answer
from livn_ui.companion.hashes import Hashes
from livn_ui.companion.manifest import Manifests
from livn_ui.companion.middleware import CleanPaths, CommonHeaders, Cors
from livn_ui.companion.opening import NotServedError, open_served
from livn_ui.companion.settings import CompanionSettings
from livn_ui.page import Page, is_wanted
from livn_ui.systems import H5, JSON, find_system, find_systems
from livn_ui.view.endpoints import VIEWS, ViewEndpoints
from livn_ui.view.opened import OpenedSystems

_AT_ONCE = 4
_NO_H5 = (
    "raw .h5 files are not handed out by this server: start it with serve_h5=true, "
    "or read them through HSDS, which runs beside it"
)
_NO_TYPE = f"only {JSON} files and, with serve_h5=true, {H5} files are handed out"
_UNREADABLE = "the served directory cannot be read now; the server's messages say why"
_log = logging.getLogger(__name__)


def build_app(settings: CompanionSettings, hashes: Hashes) -> ASGIApp:
    """Put the application together: endpoints, and around them what holds for every answer."""
    ends = _Endpoints(settings, Manifests(settings.root_dir, settings.serve_h5, hashes), Page(settings))
    routes = [
        Route("/", ends.index),
        Route("/health", ends.health),
        Route("/systems", ends.systems),
        Route("/systems/{system}", ends.manifest),
        Route("/files/{system}/{file:path}", ends.file),
        *ViewEndpoints(OpenedSystems(settings.root_dir), ends.describing).routes,
        *ends.page.routes,
    ]
    inner = Starlette(
        routes=routes,
        exception_handlers={
            HTTPException: _on_http_error,
            NotServedError: _on_not_served,
            SystemNotFoundError: _on_no_system,
            ConfigError: _on_unreadable,
            OSError: _on_unreadable,
            Exception: _on_failure,
        },
    )
    inner.router.redirect_slashes = False
    return CommonHeaders(Cors(CleanPaths(inner), settings.origins.pattern))


@attrs.frozen
class _Endpoints:
    settings: CompanionSettings
    manifests: Manifests
    page: Page
    # Describing a system may take long, and must not take all threads from those who only want a file.
    describing: CapacityLimiter = attrs.field(factory=lambda: CapacityLimiter(_AT_ONCE))

    def index(self, request: Request) -> Response:
        """The page, for a browser; for programs, what there is to ask for."""
        answer = self.page.index(request) if is_wanted(request) else self._endpoints(request)
        answer.headers.add_vary_header("Accept")
        return answer

    def _endpoints(self, request: Request) -> Response:
        paths = ["/health", "/systems", "/systems/{system}", "/files/{system}/{file}", *VIEWS]
        return json_answer(request, {"service": "livn-ui companion file server", "endpoints": paths})

    def health(self, request: Request) -> Response:
        """Whether systems can be served."""
        count = len(find_systems(self.settings.root_dir))
        about = {"status": "ok", "version": livn_ui.__version__, "systems": count, "serve_h5": self.settings.serve_h5}
        return json_answer(request, about)

    def systems(self, request: Request) -> Response:
        """Names of all systems."""
        return json_answer(request, [one.name for one in find_systems(self.settings.root_dir)])

    async def manifest(self, request: Request) -> Response:
        """All about one system."""
        return await to_thread.run_sync(partial(self._manifest, request), limiter=self.describing)

    def _manifest(self, request: Request) -> Response:
        system = find_system(self.settings.root_dir, request.path_params["system"])
        return json_answer(request, self.manifests.describe(system))

    def file(self, request: Request) -> Response:
        """One file of a system."""
        name: str = request.path_params["file"]
        if name.endswith(H5) and not self.settings.serve_h5:
            raise NotServedError(403, _NO_H5)
        if not name.endswith((H5, JSON)):
            raise NotServedError(404, _NO_TYPE)
        return file_answer(request, open_served(self.settings.root_dir, request.path_params["system"], name), name)


def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        allowed = {"Allow": "GET, HEAD, OPTIONS"}
        if request.method == "OPTIONS":
            return Response(None, 204, allowed)
        return error_answer(405, f"{request.method} is not possible here; files are read with GET", allowed)
    if error.status_code == 404:
        return error_answer(404, f"there is nothing at {request.scope['path']!r}; GET / lists what there is")
    return error_answer(error.status_code, error.detail)


def _on_not_served(_request: Request, error: Exception) -> Response:
    assert isinstance(error, NotServedError)
    return error_answer(error.status, error.reason, {"Retry-After": "1"} if error.status == 503 else None)


def _on_no_system(_request: Request, error: Exception) -> Response:
    return error_answer(404, f"{error}; GET /systems lists them")


def _on_unreadable(_request: Request, error: Exception) -> Response:
    _log.error("%s", error)
    return error_answer(503, _UNREADABLE, {"Retry-After": "1"})


def _on_failure(_request: Request, _error: Exception) -> Response:
    return error_answer(500, "the server failed; its messages say how")
