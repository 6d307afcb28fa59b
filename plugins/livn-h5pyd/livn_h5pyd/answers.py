"""Read the body of an answer: whole and bounded, or straight into an array."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from livn_core.errors import BackendError

if TYPE_CHECKING:
    from requests import Response

_PIECE_BYTES = 2**20


class WrongLengthError(BackendError):
    """An answer is longer or shorter than what was asked for."""


class TooLongError(BackendError):
    """An answer is longer than anything that could be meant."""


def read_all(answer: Response, most: int) -> bytes:
    """Read a body.

    Parameters
    ----------
    answer
        Its body was not read yet; its connection is free afterwards.
    most
        Length that it may have, in bytes.

    Raises
    ------
    TooLongError
        It is longer.
    requests.RequestException, TimeoutError
        It did not come.
    """
    body = bytearray()
    with answer:
        for piece in answer.iter_content(_PIECE_BYTES):
            body += piece
            if len(body) > most:
                raise TooLongError(f"an answer of more than {most:,} bytes")
    return bytes(body)


def read_into(answer: Response, buffer: memoryview, note: Callable[[int], object]) -> None:
    """Read a body into a buffer that is as long as the body has to be.

    Parameters
    ----------
    answer
        Its body was not read yet; its connection is free afterwards.
    buffer
        uint8, shape (n,).
    note
        Called with the number of bytes of each piece.

    Raises
    ------
    WrongLengthError
        It is longer or shorter.
    requests.RequestException, TimeoutError
        It did not come.
    """
    at = 0
    with answer:
        for piece in answer.iter_content(_PIECE_BYTES):
            if at + len(piece) > len(buffer):
                raise WrongLengthError(f"more than {len(buffer)} bytes came")
            buffer[at : at + len(piece)] = piece
            at += len(piece)
            note(len(piece))
    if at != len(buffer):
        raise WrongLengthError(f"{at} of {len(buffer)} bytes came")
