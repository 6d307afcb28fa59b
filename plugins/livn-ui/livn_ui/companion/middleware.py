"""What holds for every request and every answer, errors included."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from livn_ui.companion.answers import error_answer
from livn_ui.companion.paths import BadPathError, clean_path

_READABLE = ("Accept-Ranges", "Content-Encoding", "Content-Length", "Content-Range", "ETag", "Last-Modified")
_METHODS = ("GET", "HEAD", "OPTIONS")


class CleanPaths:
    """Lets requests through whose path could name something, and gives routes that path, decoded with care."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        try:
            path = clean_path(scope["raw_path"])
        except BadPathError as error:
            await error_answer(400, str(error))(scope, receive, send)
            return
        if path is None:
            await error_answer(404, "there is nothing at this path; GET / lists what there is")(scope, receive, send)
            return
        await self._app({**scope, "path": path}, receive, send)


class Cors(CORSMiddleware):
    """Lets pages of certain origins read, of other address spaces too, and answers preflight requests.

    Parameters
    ----------
    app
        What to put it around.
    origins
        A regular expression that the whole of an origin has to match.
    """

    def __init__(self, app: ASGIApp, origins: str) -> None:
        super().__init__(
            app,
            allow_origin_regex=origins,
            allow_methods=_METHODS,
            # No header that a page may add changes more than how it is answered.
            allow_headers=("*",),
            expose_headers=_READABLE,
            allow_private_network=True,
        )

    def preflight_response(self, request_headers: Headers) -> Response:
        """Answer a preflight request: with no content, or an error like all others."""
        found = super().preflight_response(request_headers)
        kept = {name: value for name, value in found.headers.items() if not name.startswith("content-")}
        if found.status_code < 400:
            return Response(None, 204, kept)
        origin, method = request_headers["origin"], request_headers["access-control-request-method"]
        reason = f"pages of {origin} may not send {method} requests here; the server's origins= and methods say who may"
        return error_answer(400, reason, kept)


class CommonHeaders:
    """Adds what every answer has."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Content-Type-Options"] = "nosniff"
                # Pages that isolate themselves (for shared memory, as Pyodide may) load nothing that does not say so.
                headers["Cross-Origin-Resource-Policy"] = "cross-origin"
                if "Origin" not in headers.get("Vary", ""):  # Starlette before 1.0 leaves it out for other pages
                    headers.add_vary_header("Origin")
            await send(message)

        await self._app(scope, receive, send_with_headers)
