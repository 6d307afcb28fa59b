"""Say what happened, in one sentence: where, to what, and what to do.

h5pyd wraps whatever goes wrong into ``OSError``, with an HTTP status for an ``errno`` or with nothing at all; what
really happened is found along the chain of causes.
"""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import contextmanager

import attrs

from livn_core.errors import (
    BackendConnectionError,
    BackendError,
    BackendPermissionError,
    LivnError,
    SourceNotFoundError,
)
from livn_h5pyd.answers import TooLongError, WrongLengthError
from livn_h5pyd.config import ENV_VAR, HsdsConfig
from livn_h5pyd.patience import NotWantedError, StalledError


@attrs.frozen
class Target:
    """A domain of a server, as messages name it."""

    config: HsdsConfig
    domain: str

    def __str__(self) -> str:
        bucket = f" in bucket {self.config.bucket!r}" if self.config.bucket else ""
        return f"{self.config.endpoint}: domain {self.domain}{bucket}"


@contextmanager
def translated(target: Target, reading: str = "") -> Iterator[None]:
    """Turn whatever h5pyd and requests raise into a ``LivnError`` about ``target``.

    Parameters
    ----------
    target
        What is worked on.
    reading
        The path inside the domain; empty while the domain is being opened.
    """
    try:
        yield
    except (SourceNotFoundError, BackendConnectionError, BackendPermissionError, MemoryError, NotWantedError):
        raise
    except Exception as error:
        raise _translate(target, reading, error) from error


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _translate(target: Target, reading: str, error: Exception) -> LivnError:
    chain = list(_chain(error))
    where = f"{target}: {reading}" if reading else str(target)
    for one in chain:
        found = _wrong_answer(one, target, where)
        if found is not None:
            return found
    for one in chain:
        found = transport_error(one, target.config) or _status_error(one, target, where, bool(reading))
        if found is not None:
            return found
    return BackendError(
        f"{where}: the server sent something unexpected ({type(error).__name__}: {error}); "
        "is it HSDS 1.0 or later, and was the file imported completely?"
    )


def _wrong_answer(error: BaseException, target: Target, where: str) -> LivnError | None:
    from livn_h5pyd.connection import MovedError, NotHsdsError

    endpoint = target.config.endpoint
    if isinstance(error, NotHsdsError):
        return BackendError(
            f"{endpoint}: what answers there is not HSDS ({error}); "
            f"correct 'endpoint' in {ENV_VAR} (the companion file server is another port)"
        )
    if isinstance(error, MovedError):
        return BackendError(
            f"{endpoint}: the server refers to {error}; redirects are not followed, because the login would go with "
            f"them: correct 'endpoint' in {ENV_VAR}"
        )
    if isinstance(error, WrongLengthError | TooLongError):
        return BackendError(f"{where}: the server sent something unexpected: {error}; try again, or look at its log")
    # It was wrapped by h5pyd on its way, or is about another domain that a link led to.
    return error if isinstance(error, LivnError) else None


def transport_error(error: BaseException, config: HsdsConfig, endpoint: str = "") -> BackendConnectionError | None:
    """The error for a request that got no whole answer; ``None`` where it is something else."""
    import requests
    from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError, ProtocolError
    from urllib3.exceptions import TimeoutError as Urllib3Timeout

    server = endpoint or config.endpoint
    causes = [*_chain(error), *(arg.reason for arg in error.args if isinstance(arg, MaxRetryError))]
    refused = any(isinstance(one, NewConnectionError) for one in causes)  # a time-out only by its class
    if not refused and any(isinstance(one, requests.Timeout | Urllib3Timeout | TimeoutError) for one in causes):
        received = next((one.received for one in causes if isinstance(one, StalledError)), 0)
        came = f"only {received} bytes of an answer came" if received else "no answer"
        return BackendConnectionError(
            f"{server}: {came} within {config.timeout:g} s; the server hangs or is busy: look at its log, "
            f"or raise 'timeout' in {ENV_VAR}"
        )
    broken = (
        requests.exceptions.ChunkedEncodingError,
        requests.exceptions.ContentDecodingError,
        http.client.IncompleteRead,
    )
    if any(isinstance(one, broken) for one in causes) or isinstance(error, ConnectionError | http.client.HTTPException):
        return BackendConnectionError(f"{server}: the connection broke in the middle of an answer; try again")
    if isinstance(error, requests.exceptions.SSLError):
        return BackendConnectionError(f"{server}: no secure connection ({_root_cause(error)}); check its certificate")
    if isinstance(error, requests.ConnectionError | ProtocolError | HTTPError):
        return BackendConnectionError(
            f"{server}: cannot be reached ({_root_cause(error)}); is the server running, "
            f"and is the address in {ENV_VAR} right?"
        )
    return None


def _root_cause(error: BaseException) -> str:
    """The innermost reason, without addresses of Python objects."""
    for arg in error.args:
        inner = getattr(arg, "reason", arg)
        if isinstance(inner, BaseException):
            return _root_cause(inner)
    return str(error).rsplit(": ", 1)[-1] or type(error).__name__


def _status_error(error: BaseException, target: Target, where: str, reading: bool) -> LivnError | None:
    status = getattr(error, "errno", None)
    if not isinstance(error, OSError) or status is None or not 400 <= status < 600:
        return None
    if status in {401, 403}:
        return BackendPermissionError(_refused(status, target))
    if status in {404, 410}:
        return _gone(where) if reading else _not_found(error, target)
    if status >= 500:
        return _failed(status, where, target.config)
    return BackendError(
        f"{where}: the server refuses the request (status {status}: {error.strerror}); "
        "is the name that of a domain and no folder, and is the bucket right?"
    )


def _gone(where: str) -> LivnError:
    return BackendError(f"{where}: it is gone; the domain was replaced or deleted since it was opened: open it again")


def _failed(status: int, where: str, config: HsdsConfig) -> LivnError:
    if status in {502, 503, 504}:
        return BackendConnectionError(
            f"{where}: the server keeps answering with status {status}; "
            "it is busy, or one of its data nodes has ended: look at its log, or restart it"
        )
    return BackendError(
        f"{where}: the server failed (status {status}); one of its data nodes may have ended, or its storage is "
        "damaged: look at its log, or restart it"
    )


def _refused(status: int, target: Target) -> str:
    user = target.config.username
    if status == 401 and user:
        return f"{target}: the server does not accept user {user!r} with this password; check both in {ENV_VAR}"
    if status == 401:
        return f"{target}: the server wants a login; add 'username' and 'password' to {ENV_VAR}"
    if user:
        return f"{target}: user {user!r} may not read it; its owner can allow that (hsacl), or log in as another user"
    return (
        f"{target}: may not be read without a login; add 'username' and 'password' to {ENV_VAR}, "
        "or have its owner make it public (hsacl DOMAIN +r default)"
    )


def _not_found(error: BaseException, target: Target) -> LivnError:
    if "folder" in str(error):
        return SourceNotFoundError(f"{target}: that is a folder; a domain is one file of a system, such as cells.h5")
    return SourceNotFoundError(f"{target}: there is none; import the system first (livn-ui), or correct its name")
