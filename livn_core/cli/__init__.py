"""The command line: ``livn``, and the same as ``livn-core`` and ``python -m livn_core``.

``_app`` finds commands, ``_info``, ``_backends``, ``_version`` and ``_completion`` are one each, ``_output`` prints,
and ``_errors`` turns an exception into one line and an exit code.
"""

from __future__ import annotations

from livn_core.cli._app import main

__all__ = ["main"]
