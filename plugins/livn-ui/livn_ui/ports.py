"""Where a server listens: addresses of a host name, sockets that listen on them, and ports that are free on all.

The stock ``hsds`` script starts its data nodes on 6101 and up whatever is there already; a second server's service
node then talks to the first one's data nodes.
"""

from __future__ import annotations

import errno
import secrets
import socket
import sys
from collections.abc import Sequence

import attrs

from livn_core.errors import ConfigError

_V4, _V6 = "127.0.0.1", "::1"
# Both, because "localhost" means the one to some programs and the other to others; and "::" means both to people.
_SEVERAL = {"localhost": (_V4, _V6), "0.0.0.0": ("0.0.0.0",), "::": ("0.0.0.0", "::")}
_EVERYWHERE = ("0.0.0.0", "::")
_ATTEMPTS = 100
_BACKLOG = 512
_UNASKED = range(20_000, 32_000)
"""Ports that no system gives to whoever asks for any: what these are begins at 32768 (Linux) or above (the others)."""


@attrs.frozen
class Listening:
    """What a setting ``host`` comes to on this machine."""

    addresses: tuple[str, ...]
    """Addresses to listen on."""

    here: str
    """The host part of an address by which this machine reaches the server."""

    elsewhere: str
    """The same for other machines."""


def listening(host: str) -> Listening:
    """Find the addresses behind ``host``.

    Raises
    ------
    ConfigError
        It has none.
    """
    try:
        wanted = _SEVERAL.get(host) or _resolved(host)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(
            f"host {host!r}: {reason}; it must be localhost, a name or address of this machine, or 0.0.0.0 for all"
        ) from error
    addresses = tuple(address for address in wanted if _exists(address)) or wanted[:1]
    if host in _EVERYWHERE:
        return Listening(addresses, _V4 if "0.0.0.0" in addresses else f"[{_V6}]", socket.gethostname())
    name = f"[{host}]" if ":" in host else host
    return Listening(addresses, name, name)


def _resolved(host: str) -> tuple[str, ...]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


def _exists(address: str) -> bool:
    """Whether this machine has the address; many containers have no ``::1``."""
    return _problem(address, 0) is None


def _problem(address: str, port: int) -> OSError | None:
    """Why one cannot listen there."""
    try:
        _bound(address, port).close()
    except OSError as error:
        return error
    return None


def _bound(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    # With the protocol named, asyncio sends small packets at once; without, an answer waits 40 ms for its second one.
    one = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":  # there it would let two servers share a port
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.bind((address, port))
    except BaseException:
        one.close()
        raise
    return one


def listen(host: str, port: int, what: str = "HSDS", option: str = "port=") -> list[socket.socket]:
    """Listen on every address that a host name stands for, on the same port of each; port 0 is any that is free.

    Raises
    ------
    ConfigError
        The port is taken, or ``host`` is not this machine; ``option`` is what to change.
    """
    addresses = listening(host).addresses
    for _ in range(_ATTEMPTS):
        try:
            return _listen_on(addresses, port)
        except OSError as error:
            if port or error.errno != errno.EADDRINUSE:  # else any other port will do
                check_port_is_free(host, port, what, option)  # says on which address, if that is still so
                raise ConfigError(f"{what} cannot listen on {host}:{port}: {error.strerror}") from error
    raise ConfigError(f"{what}: no free port on {', '.join(addresses)}")


def _listen_on(addresses: Sequence[str], port: int) -> list[socket.socket]:
    sockets: list[socket.socket] = []
    try:
        for address in addresses:
            sockets.append(_bound(address, port))
            sockets[-1].listen(_BACKLOG)
            port = port_of(sockets)
    except BaseException:
        for one in sockets:
            one.close()
        raise
    return sockets


def port_of(sockets: Sequence[socket.socket]) -> int:
    """The port on which they all listen."""
    return int(sockets[0].getsockname()[1])


def check_port_is_free(host: str, port: int, what: str = "HSDS", option: str = "port=") -> None:
    """Raise a ``ConfigError`` where something listens on ``port`` already, or ``host`` is not this machine."""
    for address in listening(host).addresses:
        error = _problem(address, port)
        if error is not None:
            where = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
            remedy = f"choose another {option}" if _exists(address) else "choose another host"
            raise ConfigError(f"{what} cannot listen on {where}: {error.strerror}; {remedy}") from error


def free_port(addresses: Sequence[str] = (_V4,), count: int = 1) -> int:
    """The first of ``count`` ports side by side that are free now on all of ``addresses``.

    They are such as a server can take some seconds later, too: the system gives them to no connection meanwhile.
    """
    for _ in range(_ATTEMPTS):
        port = secrets.choice(_UNASKED)
        if all(_problem(address, port + one) is None for address in addresses for one in range(count)):
            return port
    what = "no free port" if count == 1 else f"no {count} free ports in a row"
    raise ConfigError(f"{what} from {_UNASKED.start} to {_UNASKED.stop} on {', '.join(addresses)}")
