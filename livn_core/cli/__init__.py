"""The command line: ``livn``, and the same as ``livn-core`` and ``python -m livn_core``.

``_app`` finds commands (``_plugins`` those of plugins, ``_original`` those of the original), ``_info``, ``_backends``,
``_version`` and ``_completion`` are one each. ``_locate`` and ``_fallback`` find what the user named, ``_describe``
reads it, ``_check`` tries backends; ``_options``, ``_output`` and ``_text`` are shared, and ``_errors`` turns an
exception into one line and an exit code, ``_termination`` SIGTERM into an exception.
"""

from __future__ import annotations

from livn_core.cli._app import main

__all__ = ["main"]
