"""Tests on real MPI ranks: each starts a launcher, which starts ``worker.py`` on every rank."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

WORKER = Path(__file__).parent / "worker.py"
HOW = "no MPI to test with: pip install mpich mpi4py (or the system's MPI, and pip install mpi4py)"
TIMEOUT = 240
"""Seconds for a whole job, most of it starting Python on two processors; a hang is what this is about."""

OPEN_MPI = {  # which refuses root and more ranks than processors unless it is told
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
}

MANY_RANKS = {  # which wait for each other on few processors: without this, each waits as long as it is let to
    "MPIR_CVAR_POLLS_BEFORE_YIELD": "1",  # MPICH
    "MPIR_CVAR_ENABLE_HEAVY_YIELD": "1",
    "OMPI_MCA_mpi_yield_when_idle": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


@pytest.fixture(scope="session")
def mpiexec() -> str:
    """The launcher: the one beside this Python, if there is one, else that of the system."""
    beside = Path(sys.executable).parent / "mpiexec"
    found = str(beside) if beside.exists() else shutil.which("mpiexec")
    if found is None or find_spec("mpi4py") is None:
        pytest.skip(HOW)
    return found


@pytest.fixture
def launch(mpiexec, tmp_path):
    """Run a script on some ranks."""

    def launch(size, script, *arguments, **environment):
        command = [mpiexec, "-n", str(size), sys.executable, "-m", "mpi4py", str(script), *map(str, arguments)]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LIVN_")}
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            cwd=tmp_path,
            env={**kept, **OPEN_MPI, **MANY_RANKS, **environment},
            check=False,
        )

    return launch


@pytest.fixture
def on_ranks(launch):
    """Run one check of a script, ``worker.py`` unless told, on some ranks; fails with what they said."""

    def run(size, *arguments, script=WORKER, **environment):
        done = launch(size, script, *arguments, **environment)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        assert sorted(line for line in done.stdout.split("\n") if line.startswith("rank ")) == [
            f"rank {rank} done" for rank in range(size)
        ], f"{done.stdout}\n{done.stderr}"
        return done.stdout

    return run
