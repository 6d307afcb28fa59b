"""Single HTTP requests that end: no retries, a bound on the whole answer in seconds and bytes, and no login unasked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any

import attrs
import requests
from urllib3.exceptions import HTTPError, IncompleteRead, NewConnectionError
from urllib3.exceptions import TimeoutError as Urllib3Timeout

from livn_core.errors import BackendConnectionError

MOST_BYTES = 16 * 2**20
"""More than any answer of HSDS about its state, or any list of systems."""

_GRACE = 0.5
"""So that an error that requests itself gives, which says more, comes first."""


class UnansweredError(BackendConnectionError):
    """There was no whole answer in time; the message says why in a few words."""


@attrs.frozen
class Answer:
    """A whole answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    redirected_to: str = ""
    """The address that answered, where it is not the one that was asked."""

    @property
    def json(self) -> Any:
        """The content; ``None`` where it is not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def __str__(self) -> str:
        kind = self.headers.get("Content-Type", "no content type").partition(";")[0]
        return f"status {self.status}, {kind}"


@attrs.frozen
class Asker:
    """Sends requests.

    Parameters
    ----------
    timeout
        Seconds until a whole answer must have come.
    """

    timeout: float = 5.0

    def ask(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        login: tuple[str, str] | None = None,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request.

        Raises
        ------
        UnansweredError
            Nobody listens there, or no whole answer comes in time.
        """
        # As bytes, because requests knows no other letters than those of Latin-1.
        auth = (login[0].encode(), login[1].encode()) if login else _no_login
        request = {"params": params, "headers": headers, "auth": auth}
        outcome: Future[Answer] = Future()
        # In a thread, because the time-outs of requests are for each piece that comes, and none is for finding the
        # host's address. One that is given up dies with the process, or when the server lets go of it.
        arguments = (outcome, method, url, request)
        threading.Thread(target=self._send_into, args=arguments, name=f"ask {url}", daemon=True).start()
        try:
            return outcome.result(self.timeout + _GRACE)
        except FutureTimeout:
            raise UnansweredError(f"no whole answer within {self.timeout:g} s") from None
        except (requests.RequestException, HTTPError) as error:
            raise UnansweredError(self._why(error)) from error

    def _send_into(self, outcome: Future[Answer], *request: Any) -> None:
        try:
            outcome.set_result(self._send(*request))
        except Exception as error:
            outcome.set_exception(error)

    def _send(self, method: str, url: str, request: Mapping[str, Any]) -> Answer:
        with (
            requests.Session() as session,
            session.request(method, url, timeout=self.timeout, stream=True, **request) as answer,
        ):
            body = answer.raw.read(MOST_BYTES + 1, decode_content=True)
            if len(body) > MOST_BYTES:
                raise UnansweredError(f"the answer has more than {MOST_BYTES} bytes")
            moved = answer.url.partition("?")[0] if answer.history else ""
            return Answer(answer.status_code, answer.headers, body, moved)

    def _why(self, error: BaseException) -> str:
        causes = list(_chain(error))
        refused = any(isinstance(one, NewConnectionError) for one in causes)  # a time-out only by its class
        if not refused and any(isinstance(one, requests.Timeout | Urllib3Timeout | TimeoutError) for one in causes):
            return f"no answer within {self.timeout:g} s"
        if isinstance(error, requests.exceptions.SSLError):
            return f"no secure connection ({_innermost(causes)})"
        if any(isinstance(one, requests.exceptions.ChunkedEncodingError | IncompleteRead) for one in causes):
            return "the connection broke in the middle of an answer"
        return f"cannot be reached ({_innermost(causes)})"


def _no_login(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """What requests takes for a login; given none, it would look for one in ``~/.netrc``."""
    return request


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        reason = next((getattr(one, "reason", one) for one in error.args if isinstance(one, BaseException)), None)
        error = reason if isinstance(reason, BaseException) else error.__cause__ or error.__context__


def _innermost(causes: list[BaseException]) -> str:
    last = causes[-1]
    return getattr(last, "strerror", None) or str(last).rsplit(": ", 1)[-1] or type(last).__name__
