"""Sockets to listen on, with an error at once where there are none to be had."""

from __future__ import annotations

import errno
import socket
import sys
from collections.abc import Sequence

from livn_core.errors import ConfigError
from livn_ui.ports import listening

_BACKLOG = 512
_ATTEMPTS = 20
_NO_SUCH_ADDRESS = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT)


def listen(host: str, port: int) -> list[socket.socket]:
    """Listen on every address that a host name stands for, on the same port of each.

    ``localhost`` is two addresses on most machines, and clients differ in which of them they try first.

    Raises
    ------
    ConfigError
        The name stands for no address of this machine, or the port is taken.
    """
    addresses = listening(host).addresses
    for attempt in range(_ATTEMPTS):
        try:
            return _listen_on(addresses, port)
        except OSError as error:
            # A free port of the first address may be taken on the second: then another one is tried.
            if port or len(addresses) == 1 or error.errno != errno.EADDRINUSE or attempt == _ATTEMPTS - 1:
                raise _refused(host, port, error) from error
    raise AssertionError("unreachable")


def _listen_on(addresses: Sequence[str], port: int) -> list[socket.socket]:
    sockets: list[socket.socket] = []
    try:
        for number, address in enumerate(addresses, start=1):
            try:
                sockets.append(_listen_at(address, port))
            except OSError as error:
                # Such as ::1 where IPv6 is switched off; one address has to be there.
                if error.errno not in _NO_SUCH_ADDRESS or (number == len(addresses) and not sockets):
                    raise
            else:
                port = sockets[0].getsockname()[1]
    except BaseException:
        for one in sockets:
            one.close()
        raise
    return sockets


def _listen_at(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    # With the protocol named, asyncio sends small packets at once; without, an answer waits 40 ms for its second one.
    one = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":  # there it would let two servers share a port
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.bind((address, port))
        one.listen(_BACKLOG)
    except BaseException:
        one.close()
        raise
    return one


def _refused(host: str, port: int, error: OSError) -> ConfigError:
    return ConfigError(
        f"the companion file server cannot listen on host {host!r}, port {port}: {error.strerror}; "
        "choose another port with files_port=, or stop what listens there"
    )
