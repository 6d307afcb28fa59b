"""A proxy before an HTTP server, for tests and measurements: it counts requests, delays them, and breaks answers.

It speaks HTTP/1.1 over real sockets, any number of connections at a time, which it keeps open as the server does.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeAlias
from urllib.parse import unquote, urlsplit

import attrs

_PIECE_BYTES = 2**18
_LONGEST_HEAD = 2**20


@attrs.frozen
class Say:
    """Answer this, without asking the server."""

    status: int
    body: bytes = b""
    kind: str = "text/plain"
    more: str = ""
    """Another header line, such as ``Location: …``."""


@attrs.frozen
class Hang:
    """Never answer."""


@attrs.frozen
class Cut:
    """Close the connection after so many bytes of the answer's body."""

    after: int


@attrs.frozen
class Shorten:
    """Send only so many bytes of the body, and say that these are all."""

    to: int


@attrs.frozen
class Trickle:
    """Send the answer, from its first byte on, one byte at a time."""

    seconds: float


Fault: TypeAlias = Say | Hang | Cut | Shorten | Trickle


@attrs.define
class Seen:
    """A request that passed; times are of ``time.monotonic()``."""

    line: str
    """Method and address, percent signs decoded."""
    began: float
    ended: float = float("inf")
    head: str = attrs.field(default="", repr=False)


class Proxy:
    """Passes requests on to a server, until it is told otherwise.

    Parameters
    ----------
    target
        The server's address.
    delay
        Seconds by which each request is held up. Requests side by side wait side by side, and answers are passed on
        as fast as they come.
    """

    def __init__(self, target: str, delay: float = 0.0) -> None:
        self.hold_up: Callable[[str], float] = lambda line: delay
        """Given method and address of a request, says how many seconds it is held up."""
        self.fault: Callable[[str], Fault | None] = lambda line: None
        """Given method and address of a request, says how it goes wrong."""
        self.gather = 0.0
        """Seconds for which there has to be no other request before any is passed on: so those that are sent without
        waiting for each other are under way together, however long the client takes to send them."""
        self.rewrite: Callable[[bytes], bytes] = bytes
        """Given a whole request, says what is sent in its place."""
        self.seen: list[Seen] = []
        self._last = 0.0
        self.connections = 0
        """How many connections clients have made."""
        parts = urlsplit(target)
        self._target = (parts.hostname or "", parts.port or 80)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy")
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def endpoint(self) -> str:
        """Its own address."""
        if self._server is None:
            raise RuntimeError("the proxy was not started")
        return "http://{}:{}".format(*self._server.sockets[0].getsockname()[:2])

    def rounds(self) -> int:
        """How many of the requests so far had to wait for each other: those side by side count as one."""
        ends: list[tuple[float, int]] = []
        for one in sorted(self.seen, key=lambda seen: seen.began):
            ends.append((one.ended, 1 + max((number for end, number in ends if end <= one.began), default=0)))
        return max((number for _, number in ends), default=0)

    def most_at_a_time(self) -> int:
        """How many requests were under way at once."""
        changes = sorted([(one.began, 1) for one in self.seen] + [(one.ended, -1) for one in self.seen])
        under_way = most = 0
        for _, change in changes:
            under_way += change
            most = max(most, under_way)
        return most

    def open_connections(self, expected: int) -> int:
        """How many connections clients hold; waits for there to be as many as expected."""
        for _ in range(500):
            if len(self._tasks) == expected:
                break
            time.sleep(0.02)
        return len(self._tasks)

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=_LONGEST_HEAD, backlog=256)

    async def _stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            await _Link(self, reader, writer).serve()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            await _close(writer)

    def note(self, line: str, head: str) -> Seen:
        """Keep that a request has come."""
        self._last = time.monotonic()
        seen = Seen(line, self._last, head=head)
        self.seen.append(seen)
        return seen

    async def gathered(self) -> None:
        """Wait until no request has come for a while."""
        while (left := self._last + self.gather - time.monotonic()) > 0:
            await asyncio.sleep(left)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to the server."""
        return await asyncio.open_connection(*self._target, limit=_LONGEST_HEAD)


class _Link:
    """One connection of a client, and the one to the server that belongs to it."""

    def __init__(self, proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._proxy = proxy
        self._reader = reader
        self._writer = writer
        self._up: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def serve(self) -> None:
        try:
            while await self._one():
                pass
        finally:
            if self._up is not None:
                await _close(self._up[1])

    async def _one(self) -> bool:
        """Pass on one request and its answer; whether the connection goes on."""
        head = await self._reader.readuntil(b"\r\n\r\n")
        request = head + await self._reader.readexactly(_length(head) or 0)
        text = head.decode("latin-1")
        line = unquote(text.split("\r\n")[0].rpartition(" ")[0])
        seen = self._proxy.note(line, text)
        await asyncio.sleep(self._proxy.hold_up(line))
        await self._proxy.gathered()
        fault = self._proxy.fault(line)
        try:
            if isinstance(fault, Hang):
                await self._reader.read()
                return False
            if isinstance(fault, Say):
                await self._say(fault)
                return True
            return await self._pass_on(request, fault)
        finally:
            seen.ended = time.monotonic()

    async def _say(self, fault: Say) -> None:
        more = f"{fault.more}\r\n" if fault.more else ""
        head = f"HTTP/1.1 {fault.status} Said\r\nContent-Type: {fault.kind}\r\n{more}"
        self._writer.write(f"{head}Content-Length: {len(fault.body)}\r\n\r\n".encode() + fault.body)
        await self._writer.drain()

    async def _pass_on(self, request: bytes, fault: Fault | None) -> bool:
        if self._up is None:
            self._up = await self._proxy.connect()
        reader, writer = self._up
        writer.write(self._proxy.rewrite(request))
        head = await reader.readuntil(b"\r\n\r\n")
        length = _length(head)
        if isinstance(fault, Trickle):
            await self._trickle(head + await reader.readexactly(length or 0), fault.seconds)
        elif isinstance(fault, Shorten):
            body = (await reader.readexactly(length or 0))[: fault.to]
            self._writer.write(head.replace(b"Length: %d" % (length or 0), b"Length: %d" % len(body)) + body)
        else:
            self._writer.write(head)
            if isinstance(fault, Cut):
                await self._copy(reader, min(fault.after, length or 0))
                return False
            await (self._copy(reader, length) if length is not None else self._copy_chunks(reader, head))
        await self._writer.drain()
        return True

    async def _trickle(self, answer: bytes, seconds: float) -> None:
        for at in range(len(answer)):
            self._writer.write(answer[at : at + 1])
            await self._writer.drain()
            await asyncio.sleep(seconds)

    async def _copy(self, reader: asyncio.StreamReader, count: int) -> None:
        while count:
            piece = await reader.read(min(count, _PIECE_BYTES))
            if not piece:
                raise ConnectionResetError
            count -= len(piece)
            self._writer.write(piece)
            await self._writer.drain()

    async def _copy_chunks(self, reader: asyncio.StreamReader, head: bytes) -> None:
        if b"chunked" not in head.lower():
            return
        size = 1
        while size:
            line = await reader.readuntil(b"\r\n")
            size = int(line.split(b";")[0], 16)
            self._writer.write(line)
            await self._copy(reader, size + 2)


async def _close(writer: asyncio.StreamWriter) -> None:
    """Close a connection once what was written has gone, and wait for its socket to be closed."""
    writer.close()
    try:
        await asyncio.wait_for(writer.wait_closed(), 1.0)
    except OSError:  # a TimeoutError is one: whoever is there reads no longer
        writer.transport.abort()


def _length(head: bytes) -> int | None:
    for line in head.lower().split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name == b"content-length":
            return int(value)
    return None
