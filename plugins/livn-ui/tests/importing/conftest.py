"""What the tests of importing share: files of two versions, and what to look at afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from livn_h5pyd.failures import Target
from livn_ui.importing.verify import verify

FORKSERVER = get_context("forkserver")
FORKSERVER.set_forkserver_preload(["livn_ui.importing"])


def write_version(path: Path, seed: int, datasets: int = 6, rows: int = 250_000) -> Path:
    """A file of some MB, each version with the same structure and other values."""
    rng = np.random.default_rng(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        for number in range(datasets):
            file[f"group {number}/values"] = rng.integers(0, 2**31, rows, "i4")
        file["group 0"].attrs["seed"] = seed
    return path


@pytest.fixture
def versions(tmp_path: Path) -> tuple[Path, Path]:
    """Two versions of one file, of 6 MB each."""
    return write_version(tmp_path / "old" / "a.h5", 1), write_version(tmp_path / "new" / "a.h5", 2)


@pytest.fixture
def small_versions(tmp_path: Path) -> tuple[Path, Path]:
    """Two versions of one file, of some kB."""
    files = (tmp_path / "old" / "a.h5", tmp_path / "new" / "a.h5")
    old, new = (write_version(path, seed, datasets=1, rows=1000) for seed, path in enumerate(files))
    return old, new


def in_storage(server: Any, folder: str) -> list[str]:
    """What lies in a folder of a server's storage."""
    directory = server.settings.store / server.settings.bucket / folder
    return sorted(path.name for path in directory.iterdir() if path.name != ".domain.json")


@pytest.fixture
def names(hsds: Any) -> Callable[[str], list[str]]:
    """What lies in a folder of the shared server's storage."""
    return lambda folder: in_storage(hsds, folder)


def is_whole(config: Any, path: Path, domain: str) -> bool:
    """Whether a domain holds what the file holds, bit for bit."""
    with h5py.File(path) as source:
        return verify(source, Target(config, domain)) > 0


@pytest.fixture
def child() -> Iterator[Callable[..., Any]]:
    """Run a function in a process that may be killed; those that are left are killed at the end."""
    running = []

    def start(function: Callable[..., None], *arguments: Any) -> Any:
        process = FORKSERVER.Process(target=function, args=arguments)
        process.start()
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.join()
