"""What one rank does with what it was asked for, before it meets the others."""

from __future__ import annotations

import numpy as np
import pytest

from livn_core import FormatError, Ranges
from livn_core.parallel import _file
from livn_core.parallel._file import SharedFile


@pytest.mark.parametrize("refuses", [True, False])
@pytest.mark.parametrize("error", [MemoryError, ValueError])  # numpy raises the latter for what no address reaches
def test_what_has_no_room_is_first_looked_for_in_the_file(monkeypatch, error, refuses):
    def no_room(*_):
        raise error("no room")

    def read_alone(*_):
        if refuses:
            raise FormatError("file.h5", "/x", "claims more than the file can hold")

    file = SharedFile.__new__(SharedFile)
    monkeypatch.setattr(file, "read_alone", read_alone)
    monkeypatch.setattr(_file, "_room", no_room)
    with pytest.raises(FormatError if refuses else MemoryError):
        file._divide([Ranges.whole("/x", 2**61)], [np.float32])
