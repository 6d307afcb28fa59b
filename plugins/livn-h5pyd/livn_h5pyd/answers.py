"""Read the body of an answer: whole and bounded, or straight into an array."""

from __future__ import annotations

from collections.abc import Callable
from http.client import HTTPResponse
from typing import TYPE_CHECKING

from urllib3.exceptions import IncompleteRead

from livn_core.errors import BackendError
from livn_h5pyd.patience import arriving_body

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
    requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError
        It did not come.
    """
    announced = answer.headers.get("Content-Length")
    with answer:
        if announced is not None and "Content-Encoding" not in answer.headers and int(announced) != len(buffer):
            raise WrongLengthError(f"{announced} bytes instead of {len(buffer)}")
        arriving = arriving_body(answer.raw)
        if arriving is None or "Content-Encoding" in answer.headers:
            _copy(answer, buffer, note)
        else:
            _receive(arriving, buffer, note)
            answer.raw.release_conn()


def _receive(arriving: HTTPResponse, buffer: memoryview, note: Callable[[int], object]) -> None:
    """Read straight into the buffer: a copy more, in memory made for it, costs a third of the time of a client."""
    at = 0
    while at < len(buffer):
        count = arriving.readinto(buffer[at : at + _PIECE_BYTES])
        if not count:
            raise IncompleteRead(at, len(buffer) - at)
        at += count
        note(count)
    if arriving.read(1):
        raise WrongLengthError(f"more than {len(buffer)} bytes")


def _copy(answer: Response, buffer: memoryview, note: Callable[[int], object]) -> None:
    at = 0
    for piece in answer.iter_content(_PIECE_BYTES):
        if at + len(piece) > len(buffer):
            raise WrongLengthError(f"more than {len(buffer)} bytes")
        buffer[at : at + len(piece)] = piece
        at += len(piece)
        note(len(piece))
    if at != len(buffer):
        raise WrongLengthError(f"{at} bytes instead of {len(buffer)}")
