"""How much a process reads, and in how many requests; and the most memory that it has held."""

from __future__ import annotations

import re
from pathlib import Path


class LocalReads:
    """Reads of files, as the kernel counts them: bytes and system calls. Pages of a memory map are not among them."""

    def now(self):
        path = Path("/proc/self/io")
        if not path.exists():
            return float("nan"), float("nan")
        found = dict(line.split(": ") for line in path.read_text().splitlines())
        return int(found["rchar"]), int(found["syscr"])


class RemoteReads:
    """Bytes of HTTP answers, and requests: everything here that speaks HTTP does it through ``http.client``."""

    def __init__(self):
        import http.client
        import socket

        self._bytes = self._requests = 0
        read, put = socket.SocketIO.readinto, http.client.HTTPConnection.putrequest

        def counted_read(stream, buffer):
            size = read(stream, buffer)
            self._bytes += size or 0
            return size

        def counted_put(connection, *args, **options):
            self._requests += 1
            return put(connection, *args, **options)

        socket.SocketIO.readinto = counted_read
        http.client.HTTPConnection.putrequest = counted_put

    def now(self):
        return self._bytes, self._requests


def peak_mb():
    """The most memory that this process has held; getrusage would count its parent's as well."""
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s+(\d+)", status.read_text()) if status.exists() else None
    return int(found[1]) / 1024 if found else float("nan")
