"""Find HSDS: the PyPI package, in this environment or in another one."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import attrs

from livn_core.errors import ConfigError
from livn_ui.hsds.environment import node_environment

OLDEST = (1, 0, 2)
HOW_TO_GET_HSDS = (
    "Either python -m venv hsds-env && hsds-env/bin/pip install 'hsds>=1.0.2,<2', and hsds_python=hsds-env; "
    "or pip install 'livn-ui[hsds]' into this environment, which takes pyfive back to 1.2: HSDS needs numcodecs "
    "0.15.1 or older, and pyfive 1.3 a newer one"
)
_ASK = "import importlib.metadata as m, importlib.util as u; print(u.find_spec('hsds') and m.version('hsds'))"
_PATIENCE = 60.0


@attrs.frozen
class Installation:
    """An HSDS that can be started."""

    python: str
    """The interpreter of its environment."""

    version: str


def default_python() -> str | None:
    """The interpreter that can run HSDS: this one, if hsds is importable here; else none is known."""
    return sys.executable if importlib.util.find_spec("hsds") else None


def interpreter(python: str | os.PathLike[str]) -> str:
    """Where an interpreter is, as processes in other directories can start it.

    Parameters
    ----------
    python
        A path to it, a command that is found in ``PATH``, or the folder of a virtual environment.
    """
    given = os.fspath(python)
    path = Path(given).expanduser()
    if path.is_dir():
        path = path / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    elif path.parent == Path() and not path.exists():
        return given
    return os.path.abspath(path)  # noqa: PTH100 - links stay, or an environment would lose its packages


def find_hsds(python: str | None = None) -> Installation:
    """Find an HSDS that is new enough.

    Parameters
    ----------
    python
        The interpreter whose environment has it; ``None``: the one that runs this.

    Raises
    ------
    ConfigError
        There is none, or it is too old; says what to install.
    """
    if python is None:
        python = default_python()
        if python is None:
            raise ConfigError(f"HSDS is not installed in this environment. {HOW_TO_GET_HSDS}")
    python = interpreter(python)
    version = _here() if python == sys.executable else _ask(python)
    if not version:
        raise ConfigError(f"{python} has no HSDS. {HOW_TO_GET_HSDS}")
    if _numbers(version) < OLDEST:
        raise ConfigError(
            f"{python} has HSDS {version}, into which h5pyd 1.0 cannot import: 1.0.2 or newer is needed. "
            f"{HOW_TO_GET_HSDS}"
        )
    return Installation(python, version)


def _here() -> str:
    try:
        return importlib.metadata.version("hsds")
    except importlib.metadata.PackageNotFoundError:
        return ""


def _ask(python: str) -> str:
    try:
        asked = subprocess.run(
            [python, "-c", _ASK],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=node_environment(),
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"hsds_python {python!r}: {reason}. {HOW_TO_GET_HSDS}") from error
    except subprocess.TimeoutExpired as error:
        raise ConfigError(f"hsds_python {python!r}: it is no Python, or does not answer. {HOW_TO_GET_HSDS}") from error
    if asked.returncode:
        last = (asked.stderr.strip().splitlines() or ["no message"])[-1]
        raise ConfigError(f"hsds_python {python!r} is no Python that works: {last}. {HOW_TO_GET_HSDS}")
    found = asked.stdout.strip()
    return "" if found == "None" else found


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])
