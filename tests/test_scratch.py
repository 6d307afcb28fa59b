"""Memory that is lent for a while."""

from __future__ import annotations

import numpy as np

from livn_core import scratch


def test_buffers_are_used_again_and_never_by_two(monkeypatch):
    monkeypatch.setattr(scratch, "_own", type(scratch._own)())
    with scratch.borrowed(1000) as one, scratch.borrowed(1000) as other:
        one[:] = bytes(1000)
        other[:] = b"\1" * 1000
        assert not any(one)
        first, second = np.frombuffer(one).ctypes.data, np.frombuffer(other).ctypes.data
        assert first != second
    for _ in range(3):
        with scratch.borrowed(500) as again, scratch.borrowed(1000) as more:
            assert {np.frombuffer(again[:496]).ctypes.data, np.frombuffer(more).ctypes.data} == {first, second}
    with scratch.borrowed(scratch.KEPT + 1):
        pass
    assert all(len(kept) <= scratch.KEPT for kept in scratch._own.kept)


def test_arrays_are_of_the_length_and_dtype_asked_for_and_share_nothing():
    wanted = [(3, np.dtype(np.uint8)), (0, np.dtype(np.int64)), (5, np.dtype(np.float64)), (2, np.dtype(np.uint32))]
    with scratch.borrowed_arrays(wanted) as arrays:
        for number, array in enumerate(arrays):
            array[:] = number
        assert [(array.size, array.dtype) for array in arrays] == wanted
        assert all(array.flags.aligned and array.flags.writeable for array in arrays)
        assert [array.tolist() for array in arrays] == [[0] * 3, [], [2.0] * 5, [3, 3]]
    with scratch.borrowed_arrays([]) as arrays:
        assert arrays == []
