"""The release of Pyodide that the page runs, and its files: Pyodide's own lock file has the hashes of the packages."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from livn_core.errors import FormatError

VERSION = "0.27.7"
"""Also in ``web/package.json``: the bytecode that the page has was made with this release."""

PUBLIC = f"https://cdn.jsdelivr.net/pyodide/v{VERSION}/full/"
"""Pyodide's own public address, from which the page takes it where no folder is given."""

NUMPY = "numpy-2.0.2-cp312-cp312-pyodide_2024_0_wasm32.whl"
FILES: Mapping[str, str] = {
    "pyodide.js": "b4cb23a53aba19c221659b9fb40a2f18281d685691dc06647fb0afd0681baf98",
    "pyodide.asm.js": "6b4c90de5b7172873f04f21884d0e9d2274e305fe32116558fe3e4fbe3618d51",
    "pyodide.asm.wasm": "a50dd1843f805a0b7c45b61037ee0d7b26dfe85efe0e18ef95a34ad24e401f5f",
    "python_stdlib.zip": "16611534726e5d8ac2bd8f926410b2dcb8d6f49aa24913463533b457a2115c16",
    "pyodide-lock.json": "9c45b916001a750f4102fc287494f3eab215909c7535c626a20db80fd6333e2c",
    NUMPY: "ebb61241d962b98b21597d7ce43b67668a6d5bab3acec4fbe958657320d7cd08",
}
"""SHA-256 of each file that a folder needs. Source: the release itself; numpy's is also in its lock file."""


def check(folder: Path) -> None:
    """Check that a folder has all files of the release, unchanged.

    Raises
    ------
    FormatError
        Names the first file that is missing, or another one.
    """
    for name, expected in FILES.items():
        try:
            found = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        except OSError as error:
            reason = f"cannot be read ({error.strerror}); fill the folder with: livn ui web vendor={folder}"
            raise FormatError(str(folder), name, reason) from error
        if found != expected:
            raise FormatError(str(folder), name, f"is not that of Pyodide {VERSION}: its SHA-256 is {found}")
