"""Answers: JSON values, files whole and in parts, errors; with what browsers and caches want to know about them."""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
import secrets
import zlib
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from livn_ui.companion.opening import FileChangedError, OpenFile
from livn_ui.companion.ranges import BadRangeError, parse_ranges
from livn_ui.companion.validators import Validators, accepts_gzip
from livn_ui.systems import H5

_CHUNK = 1 << 18
_WORTH_GZIP = 1 << 10
_REVALIDATE = {"Cache-Control": "no-cache"}
_GZIP_WINDOW = 31
_log = logging.getLogger(__name__)


def error_answer(status: int, reason: str, headers: Mapping[str, str] | None = None) -> Response:
    """An error, as ``{"status": 404, "error": "…"}``."""
    content = json.dumps({"status": status, "error": reason}).encode()
    return Response(content, status, {"Cache-Control": "no-store", **(headers or {})}, "application/json")


def json_answer(request: Request, value: Any) -> Response:
    """A value as JSON, or 304 where the client has it."""
    return bytes_answer(request, json.dumps(value, separators=(",", ":")).encode(), "application/json")


def bytes_answer(
    request: Request, content: bytes, kind: str, *, compressible: bool = True, headers: Mapping[str, str] | None = None
) -> Response:
    """Content that is in memory, or 304 where the client has it; ``headers`` are added to the answer's own."""
    zipped = compressible and len(content) >= _WORTH_GZIP and _wants_gzip(request)
    tag = hashlib.sha256(content).hexdigest()[:24]
    validators = Validators(f"{tag}-gzip" if zipped else tag)
    own = {**_REVALIDATE, **_coding(zipped, varies=compressible), **validators.headers, **(headers or {})}
    outcome = validators.status(request.headers)
    if outcome != 200:
        return _unmet(outcome, own)
    return Response(gzip.compress(content, mtime=0) if zipped else content, 200, own, kind)


def file_answer(request: Request, file: OpenFile, name: str) -> Response:
    """An open file, or what of it is asked for; the file is closed when it is sent, or right now if it is not."""
    answer: Response | None = None
    try:
        answer = _whole_or_parts(request, file, is_json=not name.endswith(H5))
    except BadRangeError as error:
        return error_answer(416, str(error), {"Content-Range": f"bytes */{file.size}", "Accept-Ranges": "bytes"})
    finally:
        if not isinstance(answer, _FileAnswer):
            file.close()
    return answer


def _whole_or_parts(request: Request, file: OpenFile, *, is_json: bool) -> Response:
    asked = request.headers
    in_parts = request.method == "GET" and "range" in asked
    zipped = is_json and not in_parts and file.size >= _WORTH_GZIP and _wants_gzip(request)
    validators = Validators(f"{file.tag}-gzip" if zipped else file.tag, file.modified)
    headers = {**_REVALIDATE, **_coding(zipped, varies=is_json), **validators.headers, "Accept-Ranges": "bytes"}
    outcome = validators.status(asked)
    if outcome != 200:
        return _unmet(outcome, headers)
    kind = "application/json" if is_json else "application/x-hdf5"
    ranges = parse_ranges(asked["range"], file.size) if in_parts and validators.is_range_valid(asked) else None
    if ranges is not None:
        return _part_answer(file, ranges, kind, headers)
    if zipped:
        return _FileAnswer(file, _zipped(file), 200, headers, kind)
    headers["Content-Length"] = str(file.size)
    return _FileAnswer(file, _chunks(file, 0, file.size), 200, headers, kind)


class _FileAnswer(StreamingResponse):
    """Sends a file, closes it whatever happens, and cuts the answer off if the file changes meanwhile."""

    def __init__(self, file: OpenFile, content: AsyncIterator[bytes], *arguments: Any) -> None:
        super().__init__(content, *arguments)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if scope["method"] == "HEAD":
                await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
                await send({"type": "http.response.body"})
            else:
                await super().__call__(scope, receive, send)
        finally:
            self._file.close()

    async def stream_response(self, send: Send) -> None:
        try:
            await super().stream_response(send)
        except FileChangedError:
            # Without its end the client knows that the answer is broken; a good end would be a lie.
            _log.warning("a file was changed while it was sent; the answer was cut off")
        except OSError as error:
            _log.warning("a file cannot be read any more; the answer was cut off: %s", error.strerror)


def _part_answer(file: OpenFile, ranges: Sequence[tuple[int, int]], kind: str, headers: dict[str, str]) -> Response:
    if len(ranges) == 1:
        start, stop = ranges[0]
        headers |= {"Content-Range": f"bytes {start}-{stop - 1}/{file.size}", "Content-Length": str(stop - start)}
        return _FileAnswer(file, _chunks(file, start, stop), 206, headers, kind)
    boundary = secrets.token_hex(12)
    heads = [
        f"--{boundary}\r\nContent-Type: {kind}\r\nContent-Range: bytes {start}-{stop - 1}/{file.size}\r\n\r\n".encode()
        for start, stop in ranges
    ]
    end = f"--{boundary}--\r\n".encode()
    sizes = (len(head) + stop - start + 2 for head, (start, stop) in zip(heads, ranges, strict=True))
    headers["Content-Length"] = str(sum(sizes) + len(end))
    content = _multipart(file, ranges, heads, end)
    return _FileAnswer(file, content, 206, headers, f"multipart/byteranges; boundary={boundary}")


async def _chunks(file: OpenFile, start: int, stop: int) -> AsyncIterator[bytes]:
    for at in range(start, stop, _CHUNK):
        yield await to_thread.run_sync(file.read, at, min(_CHUNK, stop - at))


async def _multipart(
    file: OpenFile, ranges: Sequence[tuple[int, int]], heads: Sequence[bytes], end: bytes
) -> AsyncIterator[bytes]:
    for head, (start, stop) in zip(heads, ranges, strict=True):
        yield head
        async for chunk in _chunks(file, start, stop):
            yield chunk
        yield b"\r\n"
    yield end


async def _zipped(file: OpenFile) -> AsyncIterator[bytes]:
    zipper = zlib.compressobj(wbits=_GZIP_WINDOW)
    async for chunk in _chunks(file, 0, file.size):
        yield await to_thread.run_sync(zipper.compress, chunk)
    yield zipper.flush()


def _unmet(status: int, headers: Mapping[str, str]) -> Response:
    if status == 304:
        return Response(None, 304, headers)
    return error_answer(412, "the file is not the one that the request's conditions name; ask for it anew")


def _wants_gzip(request: Request) -> bool:
    return accepts_gzip(",".join(request.headers.getlist("accept-encoding")))


def _coding(zipped: bool, *, varies: bool = True) -> dict[str, str]:
    return ({"Vary": "Accept-Encoding"} if varies else {}) | ({"Content-Encoding": "gzip"} if zipped else {})
