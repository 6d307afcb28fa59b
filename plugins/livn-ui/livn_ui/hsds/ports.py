"""Free TCP ports on loopback.

The stock ``hsds`` script starts its data nodes on 6101 and up whatever is there already; a second server's service
node then talks to the first one's data nodes.
"""

from __future__ import annotations

import socket

from livn_core.errors import ConfigError


def free_ports(count: int) -> list[int]:
    """Ports that are free now; all are held until all are known, so they differ."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


def check_port_is_free(host: str, port: int) -> None:
    """Raise a ``ConfigError`` where something listens on ``port`` already."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((host, port))
        except OSError as error:
            raise ConfigError(f"cannot listen on {host}:{port}: {error.strerror}; choose another port") from error
