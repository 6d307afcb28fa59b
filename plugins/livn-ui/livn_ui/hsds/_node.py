"""One HSDS node, run as a script by the Python that has hsds; it imports nothing of livn.

What HSDS lacks is added here, from outside:

- It answers on sockets that it is given, which listen already: by itself it listens on all interfaces, whatever
  ``--host`` says, on ports that others may have taken meanwhile.
- It ends with the process that started it, however that went.
- A data node that is told to end first writes what it holds in memory; by itself it forgets it.
- Web pages get in by a pattern of origins: by itself HSDS knows one origin or all, and lets every page send changes.
- Datasets that are linked to a file are not read: by itself HSDS reads any file of its storage for any user.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import select
import signal
import socket
import sys
import threading
import time
import warnings
from collections.abc import Awaitable, Callable
from typing import Any

NOT_WRITTEN = 74
"""Exit code of a data node that could not write what it held: EX_IOERR of sysexits.h."""

_SAFE_METHODS = ("GET", "HEAD")
_CLOSING = 5.0
_WRITING = 30.0
_LAST_RESORT = 90.0

_PROMPT = {"s3_age_time": 0.1, "s3_sync_interval": 0.1, "flush_sleep_interval": 0.05, "scan_sleep_time": 1}
"""Seconds: how long a change waits to be written, how often a data node looks for some, how often a flush looks whether
all is written, and how often for domains whose metadata are to be collected. An import waits for all of these."""


def _take(name: str) -> str:
    """Remove ``--livn-NAME=value`` from the command line, and return the value."""
    prefix = f"--livn-{name}="
    found = next(argument for argument in sys.argv if argument.startswith(prefix))
    sys.argv.remove(found)
    return found.removeprefix(prefix)


def _end_with(parent: int) -> None:
    """Wait until the process that started this one is gone, and have this one stop.

    Standard input is a pipe from there, which reads as ended; but a process that was forked from there keeps the pipe
    open, so the process itself is watched too. (Linux' PDEATHSIG would watch the thread, which may end earlier.)
    """
    first = os.getppid()
    while os.getppid() == first and _is_there(parent):
        readable, _, _ = select.select([0], [], [], 0.5)
        if readable and not os.read(0, 4096):
            break
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_LAST_RESORT)
    os._exit(1)


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError as error:
        return isinstance(error, PermissionError)
    return True


async def _obey_once(app: Any) -> None:
    """Take the first signal to stop, and none after it: aiohttp would break off what a data node still writes."""
    from aiohttp.web import GracefulExit

    loop, numbers = asyncio.get_running_loop(), (signal.SIGTERM, signal.SIGINT)

    def leave() -> None:
        for number in numbers:
            loop.add_signal_handler(number, lambda: None)
        raise GracefulExit

    for number in numbers:
        loop.add_signal_handler(number, leave)


async def _write_everything(app: Any) -> None:
    """Wait until nothing is left to write, or nothing was written for some time, as with a full disk."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # aiohttp's; HSDS itself does the same
        app["node_state"] = "TERMINATING"  # then HSDS writes at once what it else keeps for a second
    left, end = _unwritten(app), time.monotonic() + _WRITING
    while left and time.monotonic() < end:
        await asyncio.sleep(0.1)
        now = _unwritten(app)
        if now < left:
            left, end = now, time.monotonic() + _WRITING
    if left:
        print(f"livn: {left} objects could not be written", flush=True)
        os._exit(NOT_WRITTEN)  # HSDS itself would go on trying for ever


def _unwritten(app: Any) -> int:
    return int(app["meta_cache"].dirtyCount + app["chunk_cache"].dirtyCount)


def _guard(pattern: str) -> Any:
    """Refuse what a page of another origin must not do: everything but asking for something to read.

    The browser keeps the answer from a page that is not named in it; that a change was made it could not undo. A page
    whose own name was turned into this machine's address (DNS rebinding) asks as from the same origin, and is still
    named in every request that changes something.
    """

    def problem(request: Any) -> tuple[int, str] | None:
        if request.method in _SAFE_METHODS or _allowed(pattern, request):
            return None
        return 403, "web pages of this origin may not do this; the server's option origins= says which may"

    return _refusing(problem)


def _guard_data() -> Any:
    """Refuse what a data node, which asks nobody for a password, must not do.

    No web page has any business here. And HSDS lets every user who may create a dataset have it read from a file of
    the storage (``hsload --link``): that could be another user's, or the passwords.
    """

    def problem(request: Any) -> tuple[int, str] | None:
        if "Origin" in request.headers or request.url.host != "127.0.0.1":
            return 403, "a data node is no place for web pages"
        if "s3path" in request.query:
            return 400, "datasets that are linked to a file are not served"  # a 403 the service node would try again
        return None

    return _refusing(problem)


def _refusing(problem: Callable[[Any], tuple[int, str] | None]) -> Any:
    from aiohttp import web

    @web.middleware
    async def let_in(request: Any, handler: Callable[[Any], Awaitable[Any]]) -> Any:
        found = problem(request)
        if found is None:
            return await handler(request)
        status, message = found
        return web.json_response({"message": message}, status=status)

    return let_in


def _allowed(pattern: str, request: Any) -> bool:
    return all(re.fullmatch(pattern, origin) for origin in request.headers.getall("Origin", ()))


def _name_allowed_origins(pattern: str) -> Callable[[Any, Any], Awaitable[None]]:
    """HSDS was told that all pages may read, and names the page in each answer; the ones that may not are left out."""

    async def level(request: Any, response: Any) -> None:
        headers = response.headers
        headers.add("Vary", "Origin")
        if not _allowed(pattern, request):
            for name in [name for name in headers if name.lower().startswith("access-control-")]:
                headers.popall(name, None)
        elif pattern == ".*":  # every page: then none may use the logins that the browser has kept
            headers.pop("Access-Control-Allow-Credentials", None)
        if request.method == "OPTIONS" and "Access-Control-Allow-Origin" in headers:
            headers["Access-Control-Max-Age"] = "600"

    return level


def _prepare(app: Any, pattern: str) -> None:
    app.on_startup.append(_obey_once)
    if app["node_type"] == "dn":
        app.middlewares.insert(0, _guard_data())
        app.on_shutdown.insert(0, _write_everything)
    else:
        app.middlewares.insert(0, _guard(pattern))
        app.on_response_prepare.append(_name_allowed_origins(pattern))


def _run_on(sockets: list[socket.socket], pattern: str) -> None:
    """Have HSDS's call of ``run_app`` answer on ``sockets``, and run what is added here."""
    import aiohttp.web

    run_app = aiohttp.web.run_app

    def run_on_sockets(app: Any, **options: Any) -> None:
        _prepare(app, pattern)
        run_app(app, **{**options, "host": None, "port": None, "sock": sockets, "shutdown_timeout": _CLOSING})

    aiohttp.web.run_app = run_on_sockets


def _be_prompt() -> None:
    """Change settings of HSDS that are fractions of a second, which it cuts to whole ones when it reads them."""
    from hsds import config  # type: ignore[import-not-found]

    config.get("root_dir")  # has the settings read
    config.cfg.update(_PROMPT)


class _Log:
    """Standard output, where what cannot be written is dropped.

    HSDS prints what it does; on a full disk that fails, and it answers 500 to everybody, readers included.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def main() -> None:
    """Run the node that the command line describes."""
    sys.stdout, sys.stderr = _Log(sys.stdout), _Log(sys.stderr)
    sys.path.pop(0)  # this file's folder, whose modules are none of HSDS's business
    _run_on([socket.socket(fileno=int(handle)) for handle in _take("sockets").split(",")], _take("origins"))
    threading.Thread(target=_end_with, args=(int(_take("parent")),), daemon=True).start()
    _be_prompt()
    from hsds.node_runner import main as run_node  # type: ignore[import-not-found]

    run_node()


if __name__ == "__main__":
    main()
