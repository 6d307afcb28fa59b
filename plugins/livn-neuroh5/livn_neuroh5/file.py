"""An open file: metadata through livn-pyfive, bulk values through neuroh5 wherever it reads them right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import livn_pyfive
import numpy as np
from livn_pyfive.file import PyfiveFile

from livn_core.h5file import AnyArray, LocalFile, Ranges
from livn_neuroh5.bulk import Asked, Bulk
from livn_neuroh5.judge import Judge
from livn_neuroh5.library import NEUROH5, Library
from livn_neuroh5.metadata import Metadata
from livn_neuroh5.place import Place
from livn_neuroh5.routes import Route
from livn_neuroh5.targets import parse_target


def open_file(source: str, library: Library = NEUROH5) -> Neuroh5File:
    """Open a local file; neither neuroh5 nor MPI is needed before bulk values are read.

    Raises
    ------
    FileNotFoundError, FormatError, BackendError
        As livn-pyfive raises them.
    """
    place = Place(source)
    return Neuroh5File(livn_pyfive.livn_backend_open(source, {}), place, library)


class Neuroh5File:
    """An HDF5 file, open for reading. Safe to use from several threads.

    Values that are sliced (``file[path][a:b]``) come from the metadata reader; :meth:`read_many`, which the read
    routine uses, asks neuroh5.

    Parameters
    ----------
    file
        The same file, opened by livn-pyfive; closed with this object.
    place
        Its path.
    library
        neuroh5.
    """

    def __init__(self, file: PyfiveFile, place: Place, library: Library) -> None:
        self._file = file
        self._bulk = Bulk(place, Judge(Metadata(file), place.path, library), library)

    def __repr__(self) -> str:
        return f"{self._file!r} through neuroh5"

    def __getitem__(self, path: str) -> Any:
        """The group, dataset or type at a path, absolute or relative."""
        return self._file[path]

    def __contains__(self, path: object) -> bool:
        return path in self._file

    def keys(self) -> list[str]:
        """Names of the members of the root group."""
        return self._file.keys()

    def close(self) -> None:
        """Give the file back; a second time does nothing."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()

    @property
    def notes(self) -> tuple[str, ...]:
        """Why some of the bulk values that were read so far did not come from neuroh5; one line for each reason."""
        return self._bulk.record.notes

    @property
    def local_file(self) -> LocalFile | None:
        """The file on this machine, as it is now."""
        return self._file.local_file

    @property
    def routes(self) -> Mapping[str, Route]:
        """Who read each dataset of bulk values that was read so far, by path."""
        return self._bulk.record.routes

    def read_many(self, requests: Sequence[Ranges]) -> list[AnyArray]:
        """Read ranges of several 1-D datasets.

        Parameters
        ----------
        requests
            One per dataset, or several; see :class:`livn_core.h5file.Ranges`.

        Returns
        -------
        list of ndarray
            For each request the concatenation of its ranges, in request order: its ``out``, or a new array.

        Raises
        ------
        KeyError, FormatError, ClosedFileError
            As livn-pyfive raises them.
        """
        with self._file.storage.use():
            found = self._bulk.read(list(self._asked(requests)))
            left = [at for at in range(len(requests)) if at not in found]
            others = self._file.read_many([requests[at] for at in left])
        found |= dict(zip(left, others, strict=True))
        return [_delivered(found[at], request) for at, request in enumerate(requests)]

    def _asked(self, requests: Sequence[Ranges]) -> list[Asked]:
        """The requests that neuroh5 may be asked for; those that are wrong are left to the metadata reader's errors."""
        asked: list[Asked] = []
        for at, request in enumerate(requests):
            target = parse_target(request.path)
            if target is not None and request.size and self._is_right(request):
                asked.append(Asked(at, request, target))
        return asked

    def _is_right(self, request: Ranges) -> bool:
        try:
            dataset = self._file[request.path]
            shape, dtype = dataset.shape, dataset.dtype
        except Exception:  # the metadata reader raises it again, where it belongs
            return False
        fits = request.out is None or np.can_cast(dtype, request.out.dtype, "same_kind")
        return len(shape) == 1 and int(request.stops.max()) <= shape[0] and fits


def _delivered(array: AnyArray, request: Ranges) -> AnyArray:
    if request.out is None or array is request.out:
        return array
    request.out[...] = array
    return request.out
