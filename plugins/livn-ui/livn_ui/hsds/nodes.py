"""The processes of a running HSDS: started, looked after, and ended in the right order."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from socket import socket
from typing import IO

from livn_core.errors import ConfigError
from livn_ui.hsds import _node
from livn_ui.hsds.environment import node_environment
from livn_ui.hsds.installation import HOW_TO_GET_HSDS


class Nodes:
    """The nodes of one server.

    Parameters
    ----------
    python
        The interpreter that has hsds.
    directory
        Where they run, and find their configuration.
    lock
        File descriptor of the store's lock, which they hold as long as they run.
    """

    def __init__(self, python: str, directory: Path, lock: int | None) -> None:
        self._python = python
        self._directory = directory
        self._inherited = () if lock is None else (lock,)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, sockets: Sequence[socket], pattern: str, arguments: list[str], log: IO[bytes]) -> None:
        """Start one node.

        Parameters
        ----------
        name
            For messages.
        sockets
            Those it answers on, which listen already; it gets copies.
        pattern
            The web origins that a service node lets in; a data node lets in none.
        arguments
            HSDS's own.
        log
            Where its output goes.

        Raises
        ------
        ConfigError
            There is no such interpreter.
        """
        handles = [one.fileno() for one in sockets]
        ours = {"sockets": ",".join(map(str, handles)), "origins": pattern, "parent": str(os.getpid())}
        command = [self._python, str(Path(_node.__file__)), *(f"--livn-{key}={value}" for key, value in ours.items())]
        try:
            self._processes[name] = subprocess.Popen(
                [*command, *arguments, f"--config_dir={self._directory}"],
                bufsize=0,
                stdin=subprocess.PIPE,  # never written to: its end tells the node that we are gone
                stdout=log,
                stderr=subprocess.STDOUT,
                env=node_environment(),
                cwd=self._directory,
                start_new_session=True,  # Ctrl-C is for us, and stop() has an order to keep
                pass_fds=(*self._inherited, *handles),
            )
        except OSError as error:
            raise ConfigError(f"hsds_python {self._python!r}: {error.strerror}. {HOW_TO_GET_HSDS}") from error

    def pids(self) -> dict[str, int]:
        """Process ids by node."""
        return {name: process.pid for name, process in self._processes.items()}

    def ended(self) -> tuple[str, int] | None:
        """Name and exit code of a node that has ended, if there is one."""
        for name, process in self._processes.items():
            if process.poll() is not None:
                return name, process.returncode
        return None

    def stop(self, names: Iterable[str], patience: float) -> list[str]:
        """Tell nodes to end and wait until they have.

        Returns
        -------
        list of str
            A line for each that did not end well: it had to be killed after ``patience`` seconds, or it could not
            write what it held.
        """
        stopping = {name: self._processes.pop(name) for name in list(names) if name in self._processes}
        for process in stopping.values():
            process.terminate()
        end = time.monotonic() + patience
        problems = [_problem(name, process, end) for name, process in stopping.items()]
        for process in stopping.values():
            _close(process)
        return [problem for problem in problems if problem]

    def abandon(self) -> None:
        """In a process that was forked from the one that started them: let go, or they would outlive that one."""
        for process in self._processes.values():
            _close(process)
            process.returncode = 0  # or its finaliser would wait for what is no child of this process
        self._processes.clear()


def _problem(name: str, process: subprocess.Popen[bytes], end: float) -> str | None:
    already = process.poll() is not None
    try:
        process.wait(max(0.5, end - time.monotonic()))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return f"{name} did not end in time and was killed: what it had not written is lost"
    if process.returncode == _node.NOT_WRITTEN and not already:
        return f"{name} could not write all that it held, which is lost"
    return None


def _close(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
