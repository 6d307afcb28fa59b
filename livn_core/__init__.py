"""Open the structure of neural networks wherever it lies, through pluggable backends.

>>> from livn_core import System, predefined
>>> system = System(predefined("EI1"))
>>> system.populations
['EXC', 'INH']

Importing this package imports nothing but itself: each public name is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from livn_core.backends import Availability as Availability
    from livn_core.backends import Backend as Backend
    from livn_core.backends import Backends as Backends
    from livn_core.backends import Candidate as Candidate
    from livn_core.backends import Selection as Selection
    from livn_core.backends import default_backends as default_backends
    from livn_core.backends import use_backend as use_backend
    from livn_core.checking import Finding as Finding
    from livn_core.checking import Fixed as Fixed
    from livn_core.checking import Validation as Validation
    from livn_core.checking import fix as fix
    from livn_core.checking import validate as validate
    from livn_core.comparing import ContentHash as ContentHash
    from livn_core.comparing import Difference as Difference
    from livn_core.comparing import content_hash as content_hash
    from livn_core.comparing import diff as diff
    from livn_core.converting import Conversion as Conversion
    from livn_core.converting import Remark as Remark
    from livn_core.converting import from_sonata as from_sonata
    from livn_core.converting import from_tables as from_tables
    from livn_core.converting import to_sonata as to_sonata
    from livn_core.converting import to_tables as to_tables
    from livn_core.errors import BackendConnectionError as BackendConnectionError
    from livn_core.errors import BackendDeclined as BackendDeclined
    from livn_core.errors import BackendError as BackendError
    from livn_core.errors import BackendFallbackWarning as BackendFallbackWarning
    from livn_core.errors import BackendPermissionError as BackendPermissionError
    from livn_core.errors import BackendWarning as BackendWarning
    from livn_core.errors import ClosedFileError as ClosedFileError
    from livn_core.errors import ConfigError as ConfigError
    from livn_core.errors import FormatError as FormatError
    from livn_core.errors import InvalidArgumentError as InvalidArgumentError
    from livn_core.errors import InvalidTypeError as InvalidTypeError
    from livn_core.errors import LivnError as LivnError
    from livn_core.errors import LivnWarning as LivnWarning
    from livn_core.errors import MissingPackageError as MissingPackageError
    from livn_core.errors import NoBackendError as NoBackendError
    from livn_core.errors import SourceNotFoundError as SourceNotFoundError
    from livn_core.errors import SystemNotFoundError as SystemNotFoundError
    from livn_core.errors import TooLargeError as TooLargeError
    from livn_core.errors import UnknownBackendError as UnknownBackendError
    from livn_core.errors import UnknownNameError as UnknownNameError
    from livn_core.generating import generate as generate
    from livn_core.h5file import H5File as H5File
    from livn_core.h5file import Ranges as Ranges
    from livn_core.h5file import SupportsReadMany as SupportsReadMany
    from livn_core.hookspecs import hookimpl as hookimpl
    from livn_core.neuroh5 import CellAttribute as CellAttribute
    from livn_core.neuroh5 import Edges as Edges
    from livn_core.neuroh5 import NeuroH5File as NeuroH5File
    from livn_core.neuroh5 import Population as Population
    from livn_core.neuroh5 import Projection as Projection
    from livn_core.neuroh5 import Tree as Tree
    from livn_core.neuroh5 import open_neuroh5 as open_neuroh5
    from livn_core.repacking import Repacked as Repacked
    from livn_core.repacking import repack as repack
    from livn_core.system import MEA as MEA
    from livn_core.system import PREDEFINED as PREDEFINED
    from livn_core.system import CellsMetaData as CellsMetaData
    from livn_core.system import GraphDocument as GraphDocument
    from livn_core.system import ParallelSystem as ParallelSystem
    from livn_core.system import Subset as Subset
    from livn_core.system import System as System
    from livn_core.system import available as available
    from livn_core.system import fetch as fetch
    from livn_core.system import make as make
    from livn_core.system import predefined as predefined
    from livn_core.system import resolve as resolve
    from livn_core.writing import write_neuroh5 as write_neuroh5
    from livn_core.writing import write_system as write_system

_HOME = {
    **dict.fromkeys(
        ("Availability", "Backend", "Backends", "Candidate", "Selection", "default_backends", "use_backend"),
        "livn_core.backends",
    ),
    **dict.fromkeys(
        ("Conversion", "Remark", "from_sonata", "from_tables", "to_sonata", "to_tables"), "livn_core.converting"
    ),
    **dict.fromkeys(
        (
            "BackendConnectionError",
            "BackendDeclined",
            "BackendError",
            "BackendFallbackWarning",
            "BackendPermissionError",
            "BackendWarning",
            "ClosedFileError",
            "ConfigError",
            "FormatError",
            "InvalidArgumentError",
            "InvalidTypeError",
            "LivnError",
            "LivnWarning",
            "MissingPackageError",
            "NoBackendError",
            "SourceNotFoundError",
            "SystemNotFoundError",
            "TooLargeError",
            "UnknownBackendError",
            "UnknownNameError",
        ),
        "livn_core.errors",
    ),
    **dict.fromkeys(("Finding", "Fixed", "Validation", "fix", "validate"), "livn_core.checking"),
    **dict.fromkeys(("ContentHash", "Difference", "content_hash", "diff"), "livn_core.comparing"),
    "generate": "livn_core.generating",
    **dict.fromkeys(("H5File", "Ranges", "SupportsReadMany"), "livn_core.h5file"),
    "hookimpl": "livn_core.hookspecs",
    **dict.fromkeys(
        ("CellAttribute", "Edges", "NeuroH5File", "Population", "Projection", "Tree", "open_neuroh5"),
        "livn_core.neuroh5",
    ),
    **dict.fromkeys(
        (
            "MEA",
            "PREDEFINED",
            "CellsMetaData",
            "GraphDocument",
            "ParallelSystem",
            "Subset",
            "System",
            "available",
            "fetch",
            "make",
            "predefined",
            "resolve",
        ),
        "livn_core.system",
    ),
    **dict.fromkeys(("Repacked", "repack"), "livn_core.repacking"),
    **dict.fromkeys(("write_neuroh5", "write_system"), "livn_core.writing"),
}

__all__ = ["__version__", *_HOME]  # noqa: PLE0604 - names of the lazy table, all of them str


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
