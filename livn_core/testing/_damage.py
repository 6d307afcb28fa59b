"""Damaged files: an error of this package, or what was written; nothing else, and no hang."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from livn_core.errors import FormatError, LivnError
from livn_core.testing._content import Content, assert_raises, assert_same

Read = Callable[[], Content]


def check_not_hdf5(path: Path, read: Read) -> None:
    """Text, an empty file and a wrong signature are a ``FormatError`` that names the file."""
    good = path.read_bytes()
    for content in (b"this is no HDF5\n" * 100, b"", b"\0" * 8 + good[8:]):
        path.write_bytes(content)
        assert_raises(FormatError, path.name, read)


def check_truncated(path: Path, read: Read, expected: Content, points: int) -> None:
    """Cut off at any point: what is left is right, or an error says that it is not."""
    good = path.read_bytes()
    for size in np.linspace(1, len(good) - 1, points).astype(int):
        path.write_bytes(good[:size])
        try:
            content = read()
        except LivnError:
            continue
        assert_same(content, expected)


def check_flipped(path: Path, read: Read, count: int) -> None:
    """Flip a byte: a changed value may come out, or an error of this package, but nothing else."""
    good = path.read_bytes()
    for at in np.random.default_rng(0).integers(0, len(good), count):
        path.write_bytes(good[:at] + bytes([good[at] ^ 0xFF]) + good[at + 1 :])
        try:
            read()
        except LivnError:
            continue
        except Exception as error:
            raise AssertionError(f"byte {at} flipped: {type(error).__name__} is no LivnError: {error}") from error


def check_no_view(path: Path, read: Read, expected: Content) -> None:
    """What was read stays when the file is overwritten, as a mapped file would not."""
    content = read()
    with path.open("r+b") as file:
        file.write(b"\xff" * path.stat().st_size)
    assert_same(content, expected)
