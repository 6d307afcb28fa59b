"""The one place that imports neuroh5: what it does where that fails, and what it keeps count of.

Packages of these names are put in the way, because the real ones must not be imported into a process that runs tests.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from livn_neuroh5.library import LEAK_LIMIT, LEAK_PER_CELL, MOST_FAILURES, Neuroh5

MPI = """
class Mpi:
    COMM_SELF, THREAD_MULTIPLE = "self", 3
    def Is_initialized(self): return {initialised}
    def Is_finalized(self): return {finalised}
    def Query_thread(self): return {thread}
    def Is_thread_main(self):
        import threading
        return threading.current_thread() is threading.main_thread()
MPI = Mpi()
"""


@pytest.fixture
def run(tmp_path):
    """Run code where mpi4py and neuroh5 are what is written here."""

    def run(code, neuroh5="", initialised=True, finalised=False, thread=3):
        for name in ("mpi4py", "neuroh5"):
            (tmp_path / name).mkdir()
        text = MPI.format(initialised=initialised, finalised=finalised, thread=thread)
        (tmp_path / "mpi4py" / "__init__.py").write_text(text)
        (tmp_path / "neuroh5" / "__init__.py").touch()
        (tmp_path / "neuroh5" / "io.py").write_text(neuroh5)
        head = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\nfrom livn_neuroh5.library import NEUROH5\n"
        done = subprocess.run(
            [sys.executable, "-c", head + code], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return done

    return run


def test_it_is_imported_once_and_asked(run):
    run("assert [NEUROH5.why_not() for _ in range(3)] == ['', '', '']")


def test_an_import_that_fails_is_one_warning_and_a_reason(run):
    done = run(
        "for _ in range(2): print(NEUROH5.why_not())", neuroh5="raise ImportError('libhdf5_mpich.so.103: cannot open')"
    )
    reason = "neuroh5 cannot be imported (ImportError: libhdf5_mpich.so.103: cannot open)"
    assert done.stdout.splitlines() == [reason] * 2
    assert done.stderr.count("BackendWarning") == 1
    assert "build neuroh5 and mpi4py with the same MPI" in done.stderr


@pytest.mark.parametrize(
    ("state", "reason"),
    [({"initialised": False}, "MPI is not initialised"), ({"finalised": True}, "MPI is finalised")],
)
def test_mpi_that_cannot_be_used(run, state, reason):
    assert run("print(NEUROH5.why_not())", **state).stdout.strip() == reason


@pytest.mark.parametrize(
    ("level", "reason"), [(1, "this thread may not use MPI"), (2, "this thread may not use MPI"), (3, "")]
)
def test_threads_that_mpi_does_not_know(run, level, reason):
    code = (
        "import threading\n"
        "assert NEUROH5.why_not() == ''\n"
        "thread = threading.Thread(target=lambda: print(NEUROH5.why_not()))\n"
        "thread.start(); thread.join()\n"
    )
    assert run(code, thread=level).stdout.strip() == reason


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
def test_a_forked_child_must_not_use_the_mpi_of_its_parent(run):
    code = (
        "import os\n"
        "assert NEUROH5.why_not() == ''\n"
        "NEUROH5._lock.acquire()\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    print(NEUROH5.why_not(), NEUROH5.lose(1, 1), flush=True); os._exit(0)\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
    )
    assert run(code).stdout.strip() == "this process was forked from one that had initialised MPI True"


def test_an_hdf5_that_is_hidden_in_neuroh5_cannot_be_asked(run):
    # io is a Python file here, which shows no functions of HDF5 either.
    assert run("NEUROH5.why_not(); print(NEUROH5.problem('x', {}, []))").stdout.strip() == "None"


def test_memory_that_is_lost_has_a_limit():
    library = Neuroh5()
    cells = LEAK_LIMIT // LEAK_PER_CELL // 2
    assert library.lose(cells, 0)
    assert library.lose(cells - 10, 0)
    assert not library.lose(cells, 0)
    assert library.lose(1, 1000), "what is refused is not lost"
    assert not library.lose(0, LEAK_LIMIT)


def test_failures_have_a_limit(run):
    code = (
        f"assert NEUROH5.why_not() == ''\nfor _ in range({MOST_FAILURES}): NEUROH5.failed()\nprint(NEUROH5.why_not())\n"
    )
    assert f"{MOST_FAILURES} of its calls have failed" in run(code).stdout


def test_nothing_else_of_the_plugin_imports_them():
    code = (
        "import sys, livn_neuroh5.file, livn_neuroh5.bulk, livn_neuroh5.hdf5\n"
        "assert not {'mpi4py', 'neuroh5'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, cwd=Path(__file__).parent)
