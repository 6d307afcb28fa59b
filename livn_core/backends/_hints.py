"""What to install: the only place of livn-core that knows backends by name."""

from __future__ import annotations

import os

import attrs


@attrs.frozen
class InstallHint:
    """How to get one of livn's own backends."""

    name: str
    install: str
    env_var: str = ""
    """A variable that, once set, shows that the user wants this backend."""


INSTALL_HINTS = (
    InstallHint("pyfive", 'pip install "livn-core[pyfive]"'),
    InstallHint("h5pyd", 'pip install "livn-core[h5pyd]"', env_var="LIVN_HSDS"),
    InstallHint("neuroh5", "pip install livn-neuroh5, and neuroh5 itself from its repository"),
)

_BY_NAME = {hint.name: hint for hint in INSTALL_HINTS}


def install_hint(name: str) -> str:
    """The command that installs a backend, or an empty string where nobody knows."""
    return _BY_NAME[name].install if name in _BY_NAME else ""


def first_install() -> str:
    """The command for somebody who has no backend at all."""
    return INSTALL_HINTS[0].install


def wanted() -> tuple[InstallHint, ...]:
    """Backends that the environment asks for by pointing at a server."""
    return tuple(hint for hint in INSTALL_HINTS if hint.env_var and os.environ.get(hint.env_var))
