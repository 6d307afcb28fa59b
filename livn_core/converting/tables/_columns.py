"""Columns of tables and attributes of NeuroH5: which is which, and what cannot be kept."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from livn_core.converting._numbers import Extent, Form
from livn_core.converting._report import Remarks
from livn_core.converting.tables._files import Table, form_of
from livn_core.h5file import AnyArray

COORDINATES = "Generated Coordinates"
DEFAULT = {"cells": "Attributes", "edges": "Synapses"}
"""Namespaces of columns whose name has none."""

AXES = ("x", "y", "z")
IDS = {
    "cells": frozenset({"population", "gid"}),
    "edges": frozenset({"pre", "post", "pre_population", "post_population"}),
}

Home = tuple[str, str]


def home_of(kind: str, column: str) -> Home:
    """Namespace and name of the attribute that a column holds: ``Namespace/name``, ``x``, or a name alone."""
    if kind == "cells" and column in AXES:
        return COORDINATES, f"{column.upper()} Coordinate"
    namespace, slash, name = column.partition("/")
    return (namespace, name) if slash else (DEFAULT[kind], column)


def column_of(kind: str, home: Home) -> str:
    """The name of the column for an attribute."""
    axis = next((axis for axis in AXES if kind == "cells" and home_of(kind, axis) == home), None)
    return axis or "/".join(home)


def kept(name: str, tables: Iterable[Table], extent: Extent, remarks: Remarks) -> Form | None:
    """Decide how a column is kept, and note what is lost."""
    form, places = form_of(extent), ", ".join(str(table.path) for table in tables)
    if form is None:
        remarks.dropped(f"{places}: {name}", f"whole numbers from {extent.low} to {extent.high} need more than 32 bits")
    elif form.dtype == np.float32 and extent.floating and not extent.exact:
        remarks.changed(f"{places}: {name}", "float64, rounded to float32, which is what neuroh5 reads")
    return form


def as_stored(values: AnyArray, form: Form) -> AnyArray:
    """Values in the type in which they are kept."""
    with np.errstate(over="ignore"):
        return values.astype(form.dtype, copy=False)
