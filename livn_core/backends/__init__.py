"""Discovery, choice and opening of backends.

``_discovery`` lists entry points, ``_loading`` imports and checks one plugin, ``_registry`` keeps them,
``_override`` and ``_choice`` decide between them, and ``_opening`` opens. What users see of it are the values
:class:`Backend`, :class:`Candidate` and :class:`Selection`.
"""

from __future__ import annotations

from livn_core.backends._backend import Backend
from livn_core.backends._discovery import Installed
from livn_core.backends._loading import Broken
from livn_core.backends._override import BackendNames, use_backend
from livn_core.backends._registry import Backends, default_backends
from livn_core.backends._selection import Candidate, Selection
from livn_core.backends._server import local_backends, server_in_play
from livn_core.backends.availability import Availability

__all__ = [
    "Availability",
    "Backend",
    "BackendNames",
    "Backends",
    "Broken",
    "Candidate",
    "Installed",
    "Selection",
    "default_backends",
    "local_backends",
    "server_in_play",
    "use_backend",
]
