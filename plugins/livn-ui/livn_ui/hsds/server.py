"""A running HSDS: one service node and some data nodes, started and stopped without HSDS's own script.

That script listens on all interfaces, has fixed data-node ports, says it is ready after a fixed time, leaves its
nodes behind when it is killed, and stops without writing what its data nodes hold in memory.
"""

from __future__ import annotations

import atexit
import contextlib
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import requests

from livn_core.errors import BackendError, ConfigError
from livn_ui.hsds import _node, environment, ports, readiness
from livn_ui.hsds.lock import StoreLock
from livn_ui.hsds.settings import HsdsSettings

HOW_TO_GET_HSDS = (
    "HSDS wants an environment of its own: python -m venv hsds-env && hsds-env/bin/pip install 'hsds>=1.0.2,<2', "
    "then python='hsds-env/bin/python'"
)
_LINGER = 3.0


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
        self.log_file = self.run_dir / "hsds.log"
        self.endpoint = ""
        self.data_nodes: tuple[str, ...] = ()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._log: IO[bytes] | None = None
        self._lock = StoreLock(self.run_dir / "lock")

    @property
    def password(self) -> str:
        """The admin's password."""
        return self.settings.users[self.settings.admin]

    def start(self) -> Self:
        """Start all nodes and return when each of them is ready.

        Raises
        ------
        ConfigError
            No Python with hsds is known, the port is taken, or another server uses this store.
        HsdsStartError
            A node ended, or is not ready in time; with the end of the log.
        """
        if self._processes:
            raise HsdsStartError(f"HSDS at {self.endpoint} is running already")
        self._prepare()
        atexit.register(self.stop)
        try:
            self._spawn_all()
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def _prepare(self) -> None:
        settings = self.settings
        if settings.python is None:
            raise ConfigError(f"no Python with hsds is known. {HOW_TO_GET_HSDS}")
        (settings.store / settings.bucket).mkdir(parents=True, exist_ok=True)
        self.run_dir.mkdir(exist_ok=True)
        self._lock.acquire()
        try:
            port, *data_ports = ports.free_ports(1 + settings.data_nodes)
            if settings.port:
                ports.check_port_is_free(settings.host, settings.port)
                port = settings.port
            shown = f"[{settings.host}]" if ":" in settings.host else settings.host
            self.endpoint = f"http://{shown}:{port}"
            self.data_nodes = tuple(f"http://127.0.0.1:{one}" for one in data_ports)
            environment.write_configuration(settings, self.run_dir, self.endpoint)
        except BaseException:
            self._lock.release()
            raise

    def _spawn_all(self) -> None:
        self._log = self.log_file.open("ab")  # a file and no pipe: a node never waits for a reader
        for number in range(len(self.data_nodes)):
            arguments = ["--node_type=dn", f"--log_prefix=dn{number + 1} ", f"--node_number={number}"]
            self._spawn(f"data node {number + 1}", "127.0.0.1", _LINGER, arguments)
        arguments = ["--node_type=sn", "--log_prefix=sn ", f"--sn_url={self.endpoint}"]
        self._spawn("service node", self.settings.host, 0.0, arguments)

    def _spawn(self, name: str, host: str, linger: float, arguments: list[str]) -> None:
        assert self.settings.python is not None
        common = [
            "--standalone",
            f"--dn_urls={','.join(self.data_nodes)}",
            f"--hsds_endpoint={self.endpoint}",
            f"--config_dir={self.run_dir}",
        ]
        command = [self.settings.python, str(Path(_node.__file__)), f"--livn-host={host}", f"--livn-linger={linger}"]
        try:
            self._processes[name] = subprocess.Popen(
                [*command, *arguments, *common],
                stdin=subprocess.PIPE,  # never written to: its end tells the node that we are gone
                stdout=self._log,
                stderr=subprocess.STDOUT,
                env=environment.node_environment(),
                cwd=self.run_dir,
                start_new_session=True,  # Ctrl-C is for us, and stop() has an order to keep
            )
        except OSError as error:
            raise ConfigError(f"python {self.settings.python!r}: {error.strerror}. {HOW_TO_GET_HSDS}") from error

    def _wait_until_ready(self) -> None:
        end = time.monotonic() + self.settings.start_timeout
        while waiting := readiness.not_ready(self.endpoint, self.data_nodes):
            self.check()
            if time.monotonic() > end:
                raise HsdsStartError(
                    f"HSDS is not ready after {self.settings.start_timeout:g} s: no answer from "
                    f"{', '.join(waiting)}; end of {self.log_file}:\n{self.log_tail()}"
                )
            time.sleep(0.05)
        self.check()

    def check(self) -> None:
        """Raise a ``HsdsStartError`` if a node has ended; HSDS itself never says so, nor does it restart one."""
        for name, process in self._processes.items():
            if process.poll() is not None:
                hint = "" if _has_hsds(self.log_tail()) else f"\n{HOW_TO_GET_HSDS}"
                raise HsdsStartError(
                    f"HSDS's {name} ended with code {process.returncode}; end of {self.log_file}:\n"
                    f"{self.log_tail()}{hint}"
                )

    def log_tail(self, size: int = 1500) -> str:
        """The last ``size`` bytes of the log."""
        try:
            return self.log_file.read_bytes()[-size:].decode(errors="replace")
        except OSError:
            return ""

    def pids(self) -> dict[str, int]:
        """Process ids by node."""
        return {name: process.pid for name, process in self._processes.items()}

    def stop(self, timeout: float = 30.0) -> None:
        """Stop the service node, wait until the data nodes have written everything, and stop them.

        HSDS's data nodes write lazily, and forget what they have not written when they are stopped.
        """
        atexit.unregister(self.stop)
        end = time.monotonic() + timeout
        service = self._processes.pop("service node", None)
        if service is not None:
            _terminate([service], end)
        if self._processes:
            self._wait_until_written(end)
            _terminate(list(self._processes.values()), end)
        self._processes.clear()
        if self._log is not None:
            self._log.close()
            self._log = None
        self._lock.release()

    def _wait_until_written(self, end: float) -> None:
        for url, process in zip(self.data_nodes, self._processes.values(), strict=False):
            while process.poll() is None and time.monotonic() < end:
                try:
                    if readiness.unwritten(url) == 0:
                        break
                except requests.Timeout:
                    continue
                except (requests.RequestException, ValueError):
                    break
                time.sleep(0.1)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _has_hsds(log: str) -> bool:
    return "No module named 'hsds'" not in log and "No module named 'aiohttp'" not in log


def _terminate(processes: list[subprocess.Popen[bytes]], end: float) -> None:
    for process in processes:
        if process.poll() is None:
            process.terminate()
    for process in processes:
        try:
            process.wait(max(1.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
