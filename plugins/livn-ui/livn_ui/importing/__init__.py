"""Bring NeuroH5 files into HSDS, which reads no raw ``.h5`` files.

``importer`` imports one file and ``batch`` many. ``source`` and ``survey`` look at the file; ``claim`` sees to it that
one import at a time works on a domain; ``loading`` brings the content under a temporary name, with ``transfer`` and
``verify``; ``switching`` puts it in its place; ``administration`` is what all of them ask of the server. ``normalise``
is for those who would rather use HSDS's own tool ``hsload``.
"""

from __future__ import annotations

from livn_ui.importing.batch import Failed, Report, import_system, import_systems
from livn_ui.importing.claim import ClaimLostError
from livn_ui.importing.importer import Imported, import_file
from livn_ui.importing.loading import ImportOptions, StorageError
from livn_ui.importing.normalise import normalise
from livn_ui.importing.progress import ImportInterruptedError, Step
from livn_ui.importing.source import SourceChangedError
from livn_ui.importing.survey import NotImportableError
from livn_ui.importing.verify import ImportVerificationError

__all__ = [
    "ClaimLostError",
    "Failed",
    "ImportInterruptedError",
    "ImportOptions",
    "ImportVerificationError",
    "Imported",
    "NotImportableError",
    "Report",
    "SourceChangedError",
    "Step",
    "StorageError",
    "import_file",
    "import_system",
    "import_systems",
    "normalise",
]
