"""The electrodes of a multi-electrode array, from ``mea.json``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import attrs
import numpy as np
import numpy.typing as npt

from livn_core.errors import FormatError, InvalidArgumentError
from livn_core.system._sidecars import parse_json

FILE = "mea.json"
_same_array = attrs.cmp_using(eq=np.array_equal)


def _electrodes(value: Any) -> npt.NDArray[np.float64]:
    table = np.array(value, np.float64)
    if table.ndim != 2 or table.shape[1] != 4:
        raise InvalidArgumentError(f"electrodes have to be rows of id, x, y, z; the shape is {table.shape}")
    ids = table[:, 0]
    if not np.isfinite(table).all() or (ids != np.floor(ids)).any() or len(np.unique(ids)) != len(ids):
        raise InvalidArgumentError("electrodes have to be rows of numbers, each with a whole id of its own")
    table.setflags(write=False)
    return table


def _radius(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not value >= 0:
        raise InvalidArgumentError(f"a radius has to be a number of µm, 0 or more, not {value!r}")
    return float(value)


@attrs.frozen(hash=False)
class MEA:
    """A multi-electrode array: where its electrodes are and how far they reach.

    What a recording or a stimulus means is a simulator's business; this is the geometry alone.
    """

    electrode_coordinates: npt.NDArray[np.float64] = attrs.field(converter=_electrodes, eq=_same_array)
    """float64, shape (n, 4): id, x, y, z in µm. Read-only."""

    input_radius: float = attrs.field(default=250.0, converter=_radius)
    """How far an electrode stimulates, in µm."""

    output_radius: float = attrs.field(default=250.0, converter=_radius)
    """How far an electrode records, in µm."""

    volume_conductor: Mapping[str, Any] | None = None
    """The original's settings of the medium, handed on as they are."""

    @classmethod
    def from_json(cls, document: str | bytes | Mapping[str, Any], place: str = FILE) -> Self:
        """Build one from the content of a ``mea.json``.

        Parameters
        ----------
        document
            JSON text, or what it was parsed to.
        place
            The file's path or address, for error messages.

        Raises
        ------
        FormatError
            It is not JSON, or describes no electrodes.
        """
        if isinstance(document, str | bytes):
            document = parse_json(document.encode() if isinstance(document, str) else document, place)
        if not isinstance(document, Mapping):
            raise FormatError(place, "/", "has to be a JSON object")
        _check_fields(document, {field.name for field in attrs.fields(cls)}, place)
        try:
            return cls(**document)
        except (InvalidArgumentError, TypeError, ValueError) as error:
            raise FormatError(place, "/", str(error)) from error

    @classmethod
    def from_directory(cls, directory: str | os.PathLike[str]) -> Self:
        """Read the ``mea.json`` of a local directory.

        Raises
        ------
        FileNotFoundError
            There is none.
        FormatError
            As for :meth:`from_json`.
        """
        file = Path(directory) / FILE
        return cls.from_json(file.read_bytes(), str(file))

    def as_json(self) -> dict[str, Any]:
        """The document that :meth:`from_json` takes, ready for ``json.dumps``."""
        return {
            "electrode_coordinates": self.electrode_coordinates.tolist(),
            "input_radius": self.input_radius,
            "output_radius": self.output_radius,
            "volume_conductor": None if self.volume_conductor is None else dict(self.volume_conductor),
        }

    @property
    def num_channels(self) -> int:
        """Number of electrodes."""
        return len(self.electrode_coordinates)

    @property
    def channel_ids(self) -> npt.NDArray[np.int32]:
        """The electrodes' ids: int32, shape (n,)."""
        return self.electrode_coordinates[:, 0].astype(np.int32)

    def distances(self, neuron_coordinates: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Measure how far every cell is from every electrode.

        Parameters
        ----------
        neuron_coordinates
            Shape (n, 4): gid, x, y, z in µm.

        Returns
        -------
        ndarray
            float64, shape (electrodes * n, 3): electrode id, gid, distance in µm; all cells of the first electrode,
            then all of the second, and so on.
        """
        cells = np.asarray(neuron_coordinates, np.float64)
        electrodes = self.electrode_coordinates
        table = np.empty((len(electrodes), len(cells), 3), np.float64)
        table[:, :, 0] = electrodes[:, None, 0]
        table[:, :, 1] = cells[None, :, 0]
        for electrode, rows in zip(electrodes, table, strict=True):
            rows[:, 2] = np.linalg.norm(cells[:, 1:4] - electrode[1:4], axis=1)
        return table.reshape(-1, 3)


def _check_fields(document: Mapping[str, Any], known: set[str], place: str) -> None:
    unknown = sorted(set(document) - known)
    if unknown:
        raise FormatError(place, f"/{unknown[0]}", f"is no field of a MEA; these are {', '.join(sorted(known))}")
    if "electrode_coordinates" not in document:
        raise FormatError(place, "/electrode_coordinates", "is missing; it holds rows of id, x, y, z in µm")
