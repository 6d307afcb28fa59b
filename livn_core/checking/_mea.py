"""Check the electrodes of ``mea.json``: ids, numbers, radii, and whether they reach a cell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from livn_core.checking._documents import Document, Facts, box_of
from livn_core.errors import InvalidArgumentError
from livn_core.h5file import AnyArray
from livn_core.system._mea import MEA

RADII = ("input_radius", "output_radius")
ROWS = "electrode_coordinates"


def check_mea(document: Document, content: Any, facts: Facts) -> None:
    """Check a system's electrodes against each other and against its cells."""
    rows = _rows(document, content)
    if rows is None:
        return
    radii = [_radius(document, content, name) for name in RADII]
    sound = np.isfinite(rows).all(axis=1)
    if not sound.all():
        document.found("mea-not-finite", f"/{ROWS}/{int(np.flatnonzero(~sound)[0])}", "is not of numbers")
    _check_ids(document, rows[sound])
    _check_places(document, rows[sound])
    if all(radius is not None for radius in radii):
        _check_reach(document, rows[sound], max(radius for radius in radii if radius is not None), facts)


def _rows(document: Document, content: Any) -> AnyArray | None:
    """float64, shape (n, 4): id, x, y, z in µm; ``None`` where they cannot be told, which is reported."""
    if not isinstance(content, Mapping) or ROWS not in content:
        document.found("mea-broken", f"/{ROWS}", "is missing; it holds rows of id, x, y, z")
        return None
    # A placeholder of a sound array leaves what is wrong with the other fields to the class that reads them.
    document.attempt("mea-broken", lambda: MEA.from_json({**content, ROWS: [[0, 0, 0, 0]], **dict.fromkeys(RADII, 0)}))
    try:
        rows = np.array(content[ROWS], np.float64)
    except (TypeError, ValueError):
        rows = np.empty(0)
    if rows.ndim != 2 or rows.shape[1] != 4:
        document.found("mea-broken", f"/{ROWS}", "has to be rows of four numbers: id, x, y, z")
        return None
    return rows


def _radius(document: Document, content: Mapping[str, Any], name: str) -> float | None:
    if name not in content:
        return float(getattr(MEA([[0, 0, 0, 0]]), name))
    try:
        radius = float(getattr(MEA([[0, 0, 0, 0]], **{name: content[name]}), name))
    except InvalidArgumentError as error:
        document.found("mea-radius", f"/{name}", str(error))
        return None
    if radius == 0:
        document.found("mea-radius-zero", f"/{name}", "is 0")
    return radius


def _check_ids(document: Document, rows: AnyArray) -> None:
    ids, counts = np.unique(rows[:, 0], return_counts=True)
    if (counts > 1).any():
        document.found("mea-id-twice", f"/{ROWS}", f"the id {ids[counts > 1][0]:g} is there {counts.max()} times")
    if (ids != np.floor(ids)).any():
        document.found("mea-broken", f"/{ROWS}", f"the id {ids[ids != np.floor(ids)][0]:g} is no whole number")


def _check_places(document: Document, rows: AnyArray) -> None:
    places, counts = np.unique(rows[:, 1:], axis=0, return_counts=True)
    if (counts > 1).any():
        place = ", ".join(f"{one:g}" for one in places[counts > 1][0])
        document.found("mea-same-place", f"/{ROWS}", f"{counts.max()} electrodes are at ({place})")


def _check_reach(document: Document, rows: AnyArray, radius: float, facts: Facts) -> None:
    box = box_of(facts.coordinates)
    if box is None:
        return
    away = np.linalg.norm(np.maximum(np.maximum(box[0] - rows[:, 1:], rows[:, 1:] - box[1]), 0), axis=1)
    far = np.flatnonzero(away > radius)
    if far.size:
        problem = f"{far.size} electrodes are further from all cells than they reach, the first by {away[far[0]]:g} µm"
        document.found("mea-far", f"/{ROWS}/{int(far[0])}", problem)
