"""``python -m livn_core``."""

from __future__ import annotations

from livn_core.cli import main

if __name__ == "__main__":
    main(prog="python -m livn_core")
