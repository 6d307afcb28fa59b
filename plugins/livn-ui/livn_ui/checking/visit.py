"""What the steps of one check know and hand on to each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from livn_h5pyd.config import HsdsConfig

from livn_ui.checking.asking import Answer, Asker
from livn_ui.checking.target import Target


@attrs.define
class Visit:
    """One run over the chain."""

    target: Target
    asker: Asker
    origin: str
    """The origin of web pages that should be let in."""

    about_answer: Answer = attrs.field(init=False)
    """Set by the step "endpoint"."""

    about: Mapping[str, Any] = attrs.field(init=False)
    """What HSDS says about itself; set by the step "HSDS"."""

    imported: Sequence[str] | None = None
    """The systems in HSDS; set by the step "systems", ``None`` where they could not be listed."""

    served: Sequence[str] | None = None
    """The systems of the companion; set by the step "companion", ``None`` where it has no list."""

    @property
    def config(self) -> HsdsConfig:
        """The server."""
        return self.target.config

    def ask_hsds(self, path: str, **params: str) -> Answer:
        """Ask HSDS, with the reader's login if there is one."""
        config = self.config
        login = (config.username, config.password) if config.username and config.password else None
        if config.bucket:
            params["bucket"] = config.bucket
        return self.asker.ask(f"{config.endpoint}{path}", params, login)

    def ask_companion(self, path: str) -> Answer:
        """Ask the companion, which gets no login."""
        return self.asker.ask(f"{self.config.files_endpoint}{path}")
