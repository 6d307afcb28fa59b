"""What HDF5 may do with the elements of a dataset and seldom does."""

from __future__ import annotations

import h5py
import numpy as np
import pytest


def create(file, name, dtype, space, properties):
    """Make a dataset as h5py's own ``create_dataset`` does not."""
    return h5py.h5d.create(file.id, name, h5py.h5t.py_create(np.dtype(dtype)), space, properties)


@pytest.mark.parametrize("libver", ["earliest", "latest"])
def test_an_empty_dataset_whose_space_is_allocated_early(tmp_path, open_file, libver):
    """Parallel HDF5 always does that; of no bytes there is no address."""
    early = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    early.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    with h5py.File(tmp_path / "early.h5", "w", libver=libver) as file:
        create(file, b"empty", "<i8", h5py.h5s.create_simple((0,)), early)
        create(file, b"null", "<i8", h5py.h5s.create(h5py.h5s.NULL), early)
    file = open_file(tmp_path / "early.h5")
    for name in "empty", "null":
        read = file[name][:]
        assert (read.shape, read.dtype) == ((0,), np.int64)
