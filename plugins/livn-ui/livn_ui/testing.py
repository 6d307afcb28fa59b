"""pytest fixtures for tests against a real HSDS: import them in a ``conftest.py``.

HSDS needs an environment of its own; the variable ``LIVN_TEST_HSDS_PYTHON`` names its interpreter. Where there is
neither that nor an importable hsds, tests that need it are skipped and say how to get it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from livn_h5pyd.config import HsdsConfig

from livn_ui.hsds import HsdsServer, HsdsSettings, default_python

ENV_VAR = "LIVN_TEST_HSDS_PYTHON"
HOW = (
    f"no HSDS to test with: export {ENV_VAR}=$(.ci/make-hsds-venv hsds-env), "
    f"or python -m venv hsds-env && hsds-env/bin/pip install 'hsds>=1.0.2,<2' && export {ENV_VAR}=hsds-env/bin/python"
)


@pytest.fixture(scope="session")
def hsds_python() -> str:
    """The interpreter that HSDS is started with."""
    python = os.environ.get(ENV_VAR) or default_python()
    if python is None:
        pytest.skip(HOW)
    return str(Path(python).absolute())


@pytest.fixture(scope="session")
def start_hsds(hsds_python: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., HsdsServer]]:
    """Start servers with a store of their own; those still running are stopped at the end of the session."""
    with ExitStack() as stack:

        def start(**settings: Any) -> HsdsServer:
            settings.setdefault("store", tmp_path_factory.mktemp("hsds"))
            return stack.enter_context(HsdsServer(HsdsSettings(python=hsds_python, **settings)))

        yield start


@pytest.fixture(scope="session")
def hsds(start_hsds: Callable[..., HsdsServer]) -> HsdsServer:
    """The one server that tests share; whoever damages a server starts another."""
    return start_hsds()


@pytest.fixture(scope="session")
def admin(hsds: HsdsServer) -> HsdsConfig:
    """The shared server, with the login of its admin, as an import wants it."""
    return admin_of(hsds)


def admin_of(server: HsdsServer, **fields: object) -> HsdsConfig:
    """A server's configuration for its admin; ``fields`` as in ``LIVN_HSDS``."""
    login = {"username": server.settings.admin, "password": server.password}
    bucket = server.settings.bucket
    return HsdsConfig.from_mapping({"endpoint": server.endpoint, "bucket": bucket, **login, **fields})
