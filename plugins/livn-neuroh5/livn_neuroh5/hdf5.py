"""The HDF5 library that neuroh5 is linked to, asked directly whether it can open and read a few datasets.

neuroh5 reads the indices of cells while HDF5 lists a group for it. What it throws there unwinds through HDF5's C, and
then MPI_Finalize ends the process with a segmentation fault. So the same library is asked first, in a way that only
returns codes. The functions used here have had the same form since HDF5 1.10.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from ctypes import byref, c_char_p, c_int, c_int64, c_uint, c_void_p

import numpy as np

from livn_core.h5file import IntArray

_OLDEST = (1, 10)
_DEFAULT = 0
_READ_ONLY = 0
_FUNCTIONS = {
    "H5Eget_auto2": (c_int, (c_int64, c_void_p, c_void_p)),
    "H5Eset_auto2": (c_int, (c_int64, c_void_p, c_void_p)),
    "H5Fopen": (c_int64, (c_char_p, c_uint, c_int64)),
    "H5Fclose": (c_int, (c_int64,)),
    "H5Dopen2": (c_int64, (c_int64, c_char_p, c_int64)),
    "H5Dget_type": (c_int64, (c_int64,)),
    "H5Dget_space": (c_int64, (c_int64,)),
    "H5Sget_simple_extent_npoints": (c_int64, (c_int64,)),
    "H5Sclose": (c_int, (c_int64,)),
    "H5Tclose": (c_int, (c_int64,)),
    "H5Dread": (c_int, (c_int64, c_int64, c_int64, c_int64, c_int64, c_void_p)),
    "H5Dclose": (c_int, (c_int64,)),
}


class Hdf5:
    """A few functions of the library.

    Parameters
    ----------
    module
        Path of an extension module that is linked to it.

    Raises
    ------
    OSError, AttributeError
        The module shows no HDF5, or one before 1.10.
    """

    def __init__(self, module: str) -> None:
        self._library = ctypes.CDLL(module)
        version = [c_uint(), c_uint(), c_uint()]
        self._library.H5get_libversion(*map(byref, version))
        if (version[0].value, version[1].value) < _OLDEST:
            raise OSError("neuroh5 is linked to an HDF5 before 1.10")
        for name, (result, arguments) in _FUNCTIONS.items():
            function = getattr(self._library, name)
            function.restype, function.argtypes = result, arguments
        self._int64 = c_int64.in_dll(self._library, "H5T_NATIVE_INT64_g")

    def problem(self, path: str, expected: Mapping[str, IntArray], opened: Sequence[str]) -> str:
        """What the library cannot do with a file; empty where it can do everything.

        Parameters
        ----------
        path
            The file.
        expected
            Whole datasets of integers, by path, that it must read the same.
        opened
            Datasets that it must be able to open.
        """
        with self._silent(), self._file(path) as file:
            if file < 0:
                return "HDF5 does not open the file"
            for node in opened:
                if not self._opens(file, node):
                    return f"HDF5 does not open {node}"
            for node, values in expected.items():
                if not self._reads(file, node, values):
                    return f"HDF5 does not read {node} as it was read before"
        return ""

    @contextmanager
    def _silent(self) -> Iterator[None]:
        function, data = c_void_p(), c_void_p()
        self._library.H5Eget_auto2(_DEFAULT, byref(function), byref(data))
        self._library.H5Eset_auto2(_DEFAULT, None, None)
        try:
            yield
        finally:
            self._library.H5Eset_auto2(_DEFAULT, function, data)

    @contextmanager
    def _file(self, path: str) -> Iterator[int]:
        file = self._library.H5Fopen(path.encode(), _READ_ONLY, _DEFAULT)
        try:
            yield file
        finally:
            if file >= 0:
                self._library.H5Fclose(file)

    @contextmanager
    def _dataset(self, file: int, node: str) -> Iterator[int]:
        dataset = self._library.H5Dopen2(file, node.encode(), _DEFAULT)
        try:
            yield dataset
        finally:
            if dataset >= 0:
                self._library.H5Dclose(dataset)

    def _opens(self, file: int, node: str) -> bool:
        with self._dataset(file, node) as dataset:
            kind = self._library.H5Dget_type(dataset) if dataset >= 0 else -1
            if kind >= 0:
                self._library.H5Tclose(kind)
            return bool(kind >= 0)

    def _reads(self, file: int, node: str, values: IntArray) -> bool:
        found = np.empty(values.size, np.int64)
        with self._dataset(file, node) as dataset:
            # HDF5 fills as many elements as it finds, whatever there is room for.
            if dataset < 0 or self._size(dataset) != values.size:
                return False
            code = self._library.H5Dread(dataset, self._int64.value, 0, 0, _DEFAULT, found.ctypes.data_as(c_void_p))
            return bool(code >= 0) and np.array_equal(found, values)

    def _size(self, dataset: int) -> int:
        space = self._library.H5Dget_space(dataset)
        if space < 0:
            return -1
        size = int(self._library.H5Sget_simple_extent_npoints(space))
        self._library.H5Sclose(space)
        return size
