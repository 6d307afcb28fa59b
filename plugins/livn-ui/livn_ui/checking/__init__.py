"""Is there a server from which systems can be read? A chain of steps, each right, or with what to do.

``target`` says what is looked at, ``asking`` sends single requests that cannot hang, ``step`` is what comes of each
step and ``chain`` the order of them. The steps themselves are in ``hsds``, ``systems``, ``companion`` and ``cors``.
Everything is seen as a reader sees it: only requests that read, and first of all without a password.
"""

from __future__ import annotations

from livn_ui.checking.chain import check
from livn_ui.checking.step import Report, Status, Step
from livn_ui.checking.target import Target, find_target

__all__ = ["Report", "Status", "Step", "Target", "check", "find_target"]
