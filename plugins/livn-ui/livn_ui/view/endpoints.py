"""The answers that a viewer asks for: ``/view/SYSTEM/cells``, ``/degrees`` and ``/edges?gid=5&direction=in``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

import attrs
from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from livn_core import System
from livn_core.errors import LivnError, SystemNotFoundError, UnknownNameError
from livn_ui.companion.answers import bytes_answer
from livn_ui.companion.opening import NotServedError
from livn_ui.companion.structure import sentence
from livn_ui.view import content
from livn_ui.view.arrays import MEDIA_TYPE
from livn_ui.view.opened import OpenedSystems

VIEWS = ("/view/{system}/cells", "/view/{system}/degrees", "/view/{system}/edges?gid={gid}&direction={in|out}")

Make = Callable[[System], content.Content]


@attrs.frozen
class ViewEndpoints:
    """The endpoints.

    Parameters
    ----------
    opened
        Where systems come from.
    limiter
        How many requests may read at once: they must not take all threads from those who only want a file.
    """

    opened: OpenedSystems
    limiter: CapacityLimiter

    @property
    def routes(self) -> list[Route]:
        """One for each view."""
        return [
            Route("/view/{system}/cells", self._endpoint(lambda _: ("cells", content.cells))),
            Route("/view/{system}/degrees", self._endpoint(lambda _: ("degrees", content.degrees))),
            Route("/view/{system}/edges", self._endpoint(_edges_of)),
        ]

    def _endpoint(self, wanted: Callable[[Request], tuple[str, Make]]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            name, make = wanted(request)
            return await to_thread.run_sync(partial(self._answer, request, name, make), limiter=self.limiter)

        return endpoint

    def _answer(self, request: Request, name: str, make: Make) -> Response:
        system = request.path_params["system"]
        opened = self.opened.get(system)
        try:
            packed = opened.answer(name, make)
        except SystemNotFoundError:
            raise
        except UnknownNameError as error:
            raise NotServedError(404, sentence(error, opened.path)) from error
        except (LivnError, OSError) as error:
            raise NotServedError(422, f"{system} cannot be shown: {sentence(error, opened.path)}") from error
        return bytes_answer(request, packed, MEDIA_TYPE, compressible=False)


def _edges_of(request: Request) -> tuple[str, Make]:
    gid, direction = request.query_params.get("gid", ""), request.query_params.get("direction", "in")
    if not (gid.isascii() and gid.isdigit() and len(gid) < 19):
        raise NotServedError(400, f"gid={gid!r} is no cell; write ?gid=5&direction=in")
    if direction not in content.DIRECTIONS:
        raise NotServedError(400, f"direction={direction!r} is neither 'in' nor 'out'")
    make = partial(content.edges, gid=int(gid), direction=content.DIRECTIONS[direction])
    return f"edges {direction} {int(gid)}", make
