"""Real systems, and a real ``livn ui server`` that serves them, as a user would start it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
from livn_ui.serving.record import ServerRecord, running_server

import livn_core
from livn_core import Edges, Tree, write_system

ROOT = Path(__file__).parents[4]
EI1 = Path(livn_core.__file__).parent / "data" / "systems" / "EI1"


@attrs.frozen
class Served:
    """A running ``livn ui server``."""

    process: subprocess.Popen[str]
    directory: Path
    """Its working directory, with ``systems/graphs``."""
    record: ServerRecord

    @property
    def port(self) -> int:
        """The port of HSDS; the companion's is the next one."""
        return int(self.record.endpoint.rpartition(":")[2])

    @property
    def graphs(self) -> Path:
        """The systems' directory."""
        return self.directory / "systems" / "graphs"


@pytest.fixture(scope="session")
def environment() -> Callable[..., dict[str, str]]:
    """A function that makes the environment of a child process: ours, with the commands of our own environment."""

    def environment(**variables: str) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("LIVN_", "PYTEST_", "PYTHONWARNINGS", "HS_"))
        }
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return {**kept, "PATH": path, "COVERAGE_PROCESS_START": "", **variables}

    return environment


@pytest.fixture(scope="session")
def run(environment: Callable[..., dict[str, str]]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """``run(command, cwd, VARIABLE="…")``: run a command that must succeed."""

    def run(command: Any, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [str(word) for word in command],
            cwd=cwd,
            env=environment(**variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    return run


@pytest.fixture(scope="session")
def serving(
    hsds_python: str, environment: Callable[..., dict[str, str]], two_free_ports: Callable[[], int]
) -> Callable[..., contextlib.AbstractContextManager[Served]]:
    """``with serving(directory, serve_h5="true")``: run ``livn ui server`` there."""
    given = {"hsds_python": hsds_python}
    return lambda directory, **options: _serving(
        directory, environment(), {**given, "port": str(two_free_ports()), **options}
    )


@pytest.fixture(scope="session")
def serve(serving: Callable[..., Any]) -> Iterator[Callable[..., Served]]:
    """The same until the end of all tests."""
    with ExitStack() as stack:
        yield lambda directory, **options: stack.enter_context(serving(directory, **options))


@contextmanager
def _serving(directory: Path, environment: Mapping[str, str], options: Mapping[str, str]) -> Iterator[Served]:
    words = [f"{name}={value}" for name, value in options.items()]
    with (directory / "server.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "livn_core", "ui", "server", *words, "--launch"],
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        yield Served(process, directory, _record(process, directory))
        assert process.poll() is None, (directory / "server.log").read_text()
    finally:
        process.send_signal(signal.SIGINT)
        code = process.wait(60)
    assert code == 0, (directory / "server.log").read_text()


def _record(process: subprocess.Popen[str], directory: Path) -> ServerRecord:
    end = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < end:
        record = running_server(directory / "systems" / "graphs")
        if record is not None:
            return record
        time.sleep(0.05)
    process.kill()
    process.wait()
    raise AssertionError(f"livn ui server does not start: {(directory / 'server.log').read_text()}")


@pytest.fixture(scope="session")
def graphs(tmp_path_factory: pytest.TempPathFactory, run: Callable[..., Any]) -> Path:
    """``systems/graphs`` with EI1, EI2, and what makes reading hard: ZED, and files that neuroh5 itself wrote."""
    pytest.importorskip("yaml", reason="generating EI2 needs PyYAML")
    graphs = tmp_path_factory.mktemp("home") / "systems" / "graphs"
    shutil.copytree(EI1, graphs / "EI1")
    run([sys.executable, "-m", "livn_core", "systems", "generate", "EI2"], graphs.parents[1])
    write_zed(graphs / "ZED")
    for name in ("b_nonalpha", "e_trees"):
        (graphs / name).mkdir()
        shutil.copy(ROOT / "tests" / "reference" / f"{name}.h5", graphs / name / "graph.h5")
        (graphs / name / "graph.json").write_text("{}")
    return graphs


@pytest.fixture(scope="session")
def served(graphs: Path, serve: Callable[..., Served], run: Callable[..., Any]) -> Served:
    """A server of these systems, with all of them imported by ``livn ui import``."""
    served = serve(graphs.parents[1], serve_h5="true")
    run([sys.executable, "-m", "livn_core", "ui", "import"], served.directory)
    return served


def write_zed(path: Path) -> None:
    """Populations out of alphabetical order, an empty one, trees, a large projection, and documents in folders."""
    random = np.random.default_rng(3)
    ranges = {"ZED": (0, 500), "ALPHA": (500, 300), "MID": (800, 40), "NONE": (840, 0)}
    cells = {
        name: {"Generated Coordinates": {f"{axis} Coordinate": _floats(random, count) for axis in "XYZ"}}
        for name, (_, count) in ranges.items()
        if count
    }
    write_system(
        path,
        ranges,
        {pair: _edges(random, ranges[pair[0]], ranges[pair[1]]) for pair in [("ZED", "ALPHA"), ("ALPHA", "ZED")]},
        cells=cells,
        trees={"MID": {gid: _tree(random, gid) for gid in range(805, 820)}},
        documents={"graph.json": {"ü": 1}, "selection/e1.json": [1], "params/er.json": {}, "mea.json": {}},
        chunks=4000,
        compression=4,
    )


def _floats(random: np.random.Generator, count: int) -> Any:
    return random.random(count, np.float32)


def _edges(random: np.random.Generator, pre: tuple[int, int], post: tuple[int, int], each: int = 800) -> Edges:
    count = post[1] * each
    attributes = {
        "Synapses": {
            "syn_id": np.arange(count, dtype=np.uint32),
            "kind": random.integers(-128, 128, count, np.int8),
        },
        "Weights": {"weight": _floats(random, count)},
    }
    return Edges(
        np.arange(post[0], sum(post), dtype=np.int64),
        np.arange(post[1] + 1, dtype=np.int64) * each,
        random.integers(pre[0], sum(pre), count, np.int32),
        attributes,
    )


def _tree(random: np.random.Generator, gid: int, points: int = 30) -> Tree:
    columns = [_floats(random, points) for _ in "xyzr"]
    layer, kind = np.ones(points, np.int8), np.full(points, 3, np.int8)
    parent = np.arange(-1, points - 1, dtype=np.int32)
    sections = np.array([1, points, *range(1, points + 1)], np.uint16)
    none = np.array([], np.uint16)
    return Tree(gid, *columns, layer, parent, kind, sections, none, none)
