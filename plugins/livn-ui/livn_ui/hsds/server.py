"""A running HSDS: one service node and some data nodes, started and stopped without HSDS's own script.

That script listens on all interfaces, has fixed data-node ports, says it is ready after a fixed time, leaves its
nodes behind when it is killed, and stops without writing what its data nodes hold in memory.
"""

from __future__ import annotations

import atexit
import os
import time
import warnings
import weakref
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from socket import socket
from types import TracebackType
from typing import Self

from livn_core.errors import BackendError, BackendWarning, ConfigError
from livn_ui import ports
from livn_ui.hsds import environment, readiness
from livn_ui.hsds.installation import find_hsds
from livn_ui.hsds.lock import StoreLock
from livn_ui.hsds.log import Log
from livn_ui.hsds.nodes import Nodes
from livn_ui.hsds.settings import HsdsSettings

_SERVICE = "service node"
_SERVICE_PATIENCE = 10.0


class HsdsStartError(BackendError):
    """HSDS did not start, or a node of it ended."""


class HsdsServer:
    """One HSDS server, as a context manager or with :meth:`start` and :meth:`stop`.

    Parameters
    ----------
    settings
        What to start.

    Examples
    --------
    >>> with HsdsServer(HsdsSettings("store")) as server:  # doctest: +SKIP
    ...     print(server.endpoint)
    """

    def __init__(self, settings: HsdsSettings) -> None:
        self.settings = settings
        self.run_dir = settings.store.resolve() / ".run"
        self.endpoint = ""
        """Address of the service node, as this machine reaches it."""
        self.endpoint_elsewhere = ""
        """The same as other machines do, if the settings let them."""
        self.data_nodes: tuple[str, ...] = ()
        self._log = Log(self.run_dir / "hsds.log")
        self.log_file = self._log.path
        self.stopped_well = True
        """Whether the last stop, if there was one, lost nothing."""
        self.password_file = self.run_dir / environment.PASSWORDS
        self._lock = StoreLock(self.run_dir / "lock")
        self._nodes: Nodes | None = None

    @property
    def password(self) -> str:
        """The admin's password."""
        return self.settings.users[self.settings.admin]

    def start(self) -> Self:
        """Start all nodes and return when each of them is ready.

        Raises
        ------
        ConfigError
            No HSDS that is new enough is known, the port is taken, the store cannot be used, or another server uses it.
        HsdsStartError
            A node ended, or is not ready in time; with the end of the log.
        """
        self.launch()
        return self.wait_until_ready()

    def launch(self, still_wanted: Callable[[], bool] = lambda: True) -> None:
        """Start all nodes and do not wait for them; see :meth:`start` and :meth:`wait_until_ready`."""
        if self._nodes is not None:
            raise HsdsStartError(f"HSDS at {self.endpoint} is running already")
        python = find_hsds(self.settings.python).python
        self.stopped_well = True
        self._take_store(still_wanted)
        try:
            with ExitStack() as ours:  # a node has copies of its sockets, and its port is free when that node has ended
                service, data = self._listen(ours)
                environment.write_configuration(self.settings, self.run_dir, self.endpoint)
                self._nodes = Nodes(python, self.run_dir, self._lock.handle)
                atexit.register(self.stop)
                _running.add(self)
                self._start_nodes(service, data)
        except BaseException:
            self.stop()
            raise

    def _take_store(self, still_wanted: Callable[[], bool]) -> None:
        settings = self.settings
        try:
            (settings.store / settings.bucket).mkdir(parents=True, exist_ok=True)
            environment.make_run_dir(self.run_dir)
            self._lock.acquire(still_wanted)
        except OSError as error:
            raise ConfigError(
                f"HSDS's storage {settings.store} cannot be used: {error.strerror} ({error.filename}); it must be a "
                "directory in which you may write"
            ) from error

    def _listen(self, ours: ExitStack) -> tuple[Sequence[socket], list[Sequence[socket]]]:
        """Take all ports here and now, so that nobody else can have one, and be talked to, until a node listens."""
        settings = self.settings
        service = _until_closed(ours, ports.listen(settings.host, settings.port))
        data = [_until_closed(ours, ports.listen("127.0.0.1", 0)) for _ in range(settings.data_nodes)]
        where, port = ports.listening(settings.host), ports.port_of(service)
        self.endpoint = f"http://{where.here}:{port}"
        self.endpoint_elsewhere = f"http://{where.elsewhere}:{port}"
        addresses = {f"http://127.0.0.1:{ports.port_of(node)}": node for node in data}
        # In the order into which HSDS puts them, which numbers them by their place.
        self.data_nodes = tuple(sorted(addresses))
        return service, [addresses[address] for address in self.data_nodes]

    def _start_nodes(self, service: Sequence[socket], data: Sequence[Sequence[socket]]) -> None:
        assert self._nodes is not None
        pattern = self.settings.origins.pattern
        common = ["--standalone", f"--dn_urls={','.join(self.data_nodes)}", f"--hsds_endpoint={self.endpoint}"]
        with self._log.open() as log:
            for number, sockets in enumerate(data):
                arguments = ["--node_type=dn", f"--log_prefix=dn{number + 1} ", f"--node_number={number}", *common]
                self._nodes.start(f"data node {number + 1}", sockets, pattern, arguments, log)
            arguments = ["--node_type=sn", "--log_prefix=sn ", f"--sn_url={self.endpoint}", *common]
            self._nodes.start(_SERVICE, service, pattern, arguments, log)

    def wait_until_ready(self, still_wanted: Callable[[], bool] = lambda: True) -> Self:
        """Return when every node is ready.

        Parameters
        ----------
        still_wanted
            Asked again and again; its ``False`` ends the wait early.

        Raises
        ------
        HsdsStartError
            A node ended, or is not ready in time; with the end of the log. Everything has been stopped then.
        """
        try:
            self._wait(still_wanted, time.monotonic() + self.settings.start_timeout)
            self.check()
        except BaseException:
            self.stop()
            raise
        return self

    def _wait(self, still_wanted: Callable[[], bool], end: float) -> None:
        while still_wanted() and (waiting := self._not_ready(end)):
            self.check()
            if time.monotonic() > end:
                raise HsdsStartError(
                    f"HSDS is not ready after {self.settings.start_timeout:g} s: no answer from "
                    f"{', '.join(waiting)}; {self._log_quoted()}"
                )
            time.sleep(0.05)

    def _not_ready(self, end: float) -> list[str]:
        left = max(end - time.monotonic(), 0.001)  # requests takes no zero
        return readiness.not_ready(self.endpoint, self.data_nodes, min(left, readiness.PATIENCE))

    def check(self) -> None:
        """Raise a ``HsdsStartError`` if a node has ended; HSDS itself never says so, nor does it restart one."""
        ended = self._nodes and self._nodes.ended()
        if ended:
            name, code = ended
            raise HsdsStartError(f"HSDS's {name} ended with code {code}; {self._log_quoted()}")
        self._log.trim()

    def _log_quoted(self) -> str:
        return f"end of {self.log_file}:\n{self.log_tail() or '(nothing)'}"

    def log_tail(self, size: int = 1500) -> str:
        """The last ``size`` bytes that this server wrote into the log."""
        return self._log.tail(size)

    def pids(self) -> dict[str, int]:
        """Process ids by node."""
        return self._nodes.pids() if self._nodes else {}

    def stop(self, timeout: float = 60.0) -> None:
        """Stop the service node, then the data nodes, which write what they hold in memory before they end.

        Warns
        -----
        BackendWarning
            Something could not be written within ``timeout`` seconds, or at all, and is lost.
        """
        atexit.unregister(self.stop)
        _running.discard(self)
        problems: list[str] = []
        if self._nodes is not None:
            problems += self._nodes.stop([_SERVICE], min(_SERVICE_PATIENCE, timeout))
            problems += self._nodes.stop(self._nodes.pids(), timeout)
            self._nodes = None
        self._lock.release()
        self.stopped_well = self.stopped_well and not problems  # a second stop finds nothing to do
        if problems:
            warnings.warn(f"HSDS's {'; '.join(problems)}; see {self.log_file}", BackendWarning, stacklevel=2)

    def _abandon(self) -> None:
        atexit.unregister(self.stop)
        if self._nodes is not None:
            self._nodes.abandon()
            self._nodes = None
        self._lock.release()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _until_closed(stack: ExitStack, sockets: Sequence[socket]) -> Sequence[socket]:
    for one in sockets:
        stack.enter_context(one)
    return sockets


_running: weakref.WeakSet[HsdsServer] = weakref.WeakSet()


def _abandon_all() -> None:
    """In a process that was forked: the servers are the other one's, which may end while this one runs on."""
    for server in list(_running):
        server._abandon()
    _running.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_abandon_all)
