"""Bring NeuroH5 files into HSDS, which reads no raw ``.h5`` files.

``transfer`` copies the content, ``verify`` reads it back, ``administration`` makes folders and puts a finished import
in its place, and ``importer`` ties these together. ``normalise`` is for those who would rather use HSDS's own tool
``hsload``.
"""

from __future__ import annotations

from livn_ui.importing.importer import Imported, import_file, import_system
from livn_ui.importing.normalise import normalise
from livn_ui.importing.transfer import NotImportableError
from livn_ui.importing.verify import ImportVerificationError

__all__ = [
    "ImportVerificationError",
    "Imported",
    "NotImportableError",
    "import_file",
    "import_system",
    "normalise",
]
