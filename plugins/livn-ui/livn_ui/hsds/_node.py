"""One HSDS node, run as a script by the Python that has hsds; it imports nothing of livn.

Two things are done to HSDS here. It binds to the host it was given: by itself it listens on all interfaces whatever
``--host`` says, and data nodes ask nobody for a password. And it ends with the process that started it: standard
input is a pipe from there, which reads as ended as soon as that process is gone, however it went.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import Any


def _take(name: str) -> str:
    """Remove ``--livn-NAME=value`` from the command line, and return the value."""
    prefix = f"--livn-{name}="
    found = next(argument for argument in sys.argv if argument.startswith(prefix))
    sys.argv.remove(found)
    return found.removeprefix(prefix)


def _end_with_parent(linger: float) -> None:
    while os.read(0, 4096):
        pass
    # A data node writes what it was given about a second later; left alone, it is given that second.
    time.sleep(linger)
    os.kill(os.getpid(), signal.SIGTERM)


def _bind_to(host: str) -> None:
    import aiohttp.web

    run_app = aiohttp.web.run_app

    def run_on_host(app: Any, **options: Any) -> None:
        if "sock" not in options and "path" not in options:
            options["host"] = host
        run_app(app, **options)

    aiohttp.web.run_app = run_on_host


def main() -> None:
    """Run the node that the command line describes."""
    _bind_to(_take("host"))
    linger = float(_take("linger"))
    threading.Thread(target=_end_with_parent, args=(linger,), daemon=True).start()
    from hsds.node_runner import main as run_node  # type: ignore[import-not-found]

    run_node()


if __name__ == "__main__":
    main()
