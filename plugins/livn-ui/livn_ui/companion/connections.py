"""Connections that end: with a JSON answer to what is no HTTP, and in bounded time whatever the client does.

uvicorn waits without limit for a request's headers, and for a client that does not read, even when it is to stop.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from livn_ui.companion.settings import Limits

_TICK = 0.25
_NO_HTTP = {"status": 400, "error": "this is no HTTP request that the server understands, or one that is too long"}


class Connection(H11Protocol):
    """One client's connection."""

    def __init__(self, *arguments: Any, limits: Limits, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._limits = limits
        self._waiting_since = self._moved_at = self.loop.time()
        self._unsent = 0

    def on_response_complete(self) -> None:
        """Wait for the next request from now on."""
        self._waiting_since = self.loop.time()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP: in JSON, where an answer can be sent at all."""
        content = json.dumps(_NO_HTTP).encode()
        headers = [
            ("content-type", "application/json"),
            ("content-length", str(len(content))),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("connection", "close"),
        ]
        events = (h11.Response(status_code=400, reason=b"Bad Request", headers=headers), h11.Data(data=content))
        with contextlib.suppress(h11.LocalProtocolError):  # an answer to the request before is on its way
            for event in (*events, h11.EndOfMessage()):
                self.transport.write(self.conn.send(event))
        self.transport.close()

    def end_if_standing_still(self) -> None:
        """Close the connection if the client has kept it waiting for too long."""
        now = self.loop.time()
        unsent = self.transport.get_write_buffer_size()
        if unsent != self._unsent or not unsent:
            self._unsent, self._moved_at = unsent, now
        if now - self._moved_at > self._limits.stalled:
            self.transport.abort()
        elif not unsent and self._is_waiting and now - self._waiting_since > self._limits.idle:
            self.transport.close()

    @property
    def _is_waiting(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle  # uvicorn does not say that there is none at first
        return cycle is None or cycle.response_complete


async def watch(server: uvicorn.Server, limits: Limits) -> None:
    """End connections that stand still, and a moment after the server was told to stop, all of them."""
    while not server.should_exit:
        await asyncio.sleep(_TICK)
        for one in list(server.server_state.connections):
            if isinstance(one, Connection):
                one.end_if_standing_still()
    await asyncio.sleep(limits.stop)
    while True:
        for one in list(server.server_state.connections):
            one.transport.abort()
        await asyncio.sleep(_TICK)
