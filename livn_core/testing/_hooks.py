"""Checks of a plugin's hooks, before anything is opened."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from functools import partial
from types import ModuleType

from livn_core.backends import Availability, Backend
from livn_core.errors import ConfigError, LivnError
from livn_core.testing._content import assert_raises

HEAVY = ("h5py", "h5pyd", "pyfive", "mpi4py", "neuroh5", "fsspec", "requests", "scipy", "pandas", "pyarrow")
"""Modules that probing a backend may not import."""


def check_availability(backend: Backend, source: str) -> None:
    """The answer is an ``Availability``, yes for a source of this backend, and a no has its reason."""
    answer = backend.available(source)
    assert answer, f"the backend must be available for {source!r}, but says no: {answer.reason}"
    for other in (None, "no-such-scheme://host/file.h5"):
        answer = backend.available(other)
        assert isinstance(answer, Availability), f"the answer must be an Availability, not {answer!r}"
        assert answer or answer.reason, f"a no must have its reason, which is missing for {other!r}"


def check_foreign_scheme(backend: Backend) -> None:
    """An address of a scheme that nobody knows is declined when asked, not when opened."""
    answer = backend.available("no-such-scheme://host/file.h5")
    assert not answer, "the backend must say no to no-such-scheme://host/file.h5"


def check_priority(plugin: object) -> None:
    """The priority is an integer, the same whatever the environment holds."""
    hook = getattr(plugin, "livn_backend_priority", None)
    if hook is None:
        return
    before = dict(os.environ)
    try:
        found = [hook()]
        os.environ.clear()
        found.append(hook())
        os.environ.update({"LIVN_HSDS": '{"endpoint": "http://localhost:1"}', "LIVN_H5_BACKEND": "other"})
        found.append(hook())
    finally:
        os.environ.clear()
        os.environ.update(before)
    assert len(set(found)) == 1, f"the priority must be a constant, but was {found}"
    plain = found[0] is None or (isinstance(found[0], int) and not isinstance(found[0], bool))
    assert plain, f"the priority must be an integer, not {found[0]!r}"


def check_probe_is_light(plugin: ModuleType) -> None:
    """Asking whether a backend is available imports nothing heavy."""
    code = (
        f"import sys, importlib; plugin = importlib.import_module({plugin.__name__!r})\n"
        "from livn_core import Backends\n"
        "backend = Backends([]).register(plugin, 'probed')\n"
        "backend.available(None); backend.available('file.h5')\n"
        f"print(*sorted({set(HEAVY)!r} & set(sys.modules)))"
    )
    path = os.pathsep.join(one for one in sys.path if one)
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, f"probing failed: {run.stderr}"
    assert not run.stdout.strip(), f"probing imported {run.stdout.strip()}"


def check_unknown_option(backend: Backend, source: str, options: Mapping[str, object]) -> None:
    """An option that the backend does not know is a ``ConfigError`` that names it."""
    assert_raises(ConfigError, "no_such_option", lambda: backend.open(source, {**options, "no_such_option": 1}))


def check_missing(backend: Backend, source: str, options: Mapping[str, object]) -> None:
    """A source that does not exist is a ``FileNotFoundError`` that names it."""
    assert_raises(FileNotFoundError, source.rsplit("/", maxsplit=1)[-1], lambda: backend.open(source, options))


def check_sidecars(backend: Backend, source: str, files: Mapping[str, bytes], options: Mapping[str, object]) -> None:
    """All sidecars are listed, come as they are, and nothing else comes: not what is missing, nor from outside."""
    names = backend.sidecars(source, options)
    assert names is not None, "a backend that keeps sidecars must list them"
    assert sorted(names) == sorted(files), f"the sidecars must be {sorted(files)}, not {sorted(names)}"
    for name, content in files.items():
        assert backend.sidecar(source, name, options) == content, f"{name} must come byte for byte"
    for name in ("no-such-file.json", "selection/no-such-file.json"):
        assert_raises(FileNotFoundError, "no-such-file.json", partial(backend.sidecar, source, name, options))
    for name in ("../graph.json", "/etc/hostname", "..\\graph.json"):
        try:
            found = backend.sidecar(source, name, options)
        except (LivnError, OSError):
            continue
        raise AssertionError(f"{name} lies outside the system and must be refused, not {found!r}")
