"""JSON files of a system, from the companion file server that runs beside HSDS, which itself holds HDF5 only.

The server answers ``GET /files/SYSTEM/NAME`` with the file. ``GET /systems/SYSTEM`` may answer with
``{"files": ["graph.json", …]}``; where it does not, the well-known names are tried.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from urllib.parse import quote

import attrs

from livn_core.errors import (
    BackendConnectionError,
    BackendError,
    BackendPermissionError,
    InvalidArgumentError,
    SourceNotFoundError,
)
from livn_h5pyd.answers import TooLongError, read_all
from livn_h5pyd.config import ENV_VAR, HsdsConfig
from livn_h5pyd.domain import system_name
from livn_h5pyd.failures import transport_error
from livn_h5pyd.opening import configured
from livn_h5pyd.server import leased

WELL_KNOWN = ("graph.json", "mea.json", "model.json")

MOST_BYTES = 64 * 2**20
"""Size that a file may have; it is held in memory, several times while it is parsed."""


@attrs.frozen
class Answer:
    """What the companion server answered."""

    status: int
    kind: str
    """The media type."""
    body: bytes = attrs.field(repr=False)

    @property
    def is_page(self) -> bool:
        """Whether it is made for a browser, and so by another kind of server."""
        return "html" in self.kind.lower()


def read_sidecar(source: str, name: str, options: Mapping[str, object]) -> bytes:
    """Read one JSON file.

    Parameters
    ----------
    source
        The system.
    name
        Path of the file inside the system.
    options
        Fields of ``LIVN_HSDS``, which win over it.

    Raises
    ------
    SourceNotFoundError
        The server has no such file.
    BackendConnectionError
        There is no companion server, or it does not answer in time.
    BackendError
        What answers is no file server.
    """
    config = configured(options)
    parts = name.split("/")
    if any(part in {"", ".", ".."} for part in parts) or "\\" in name:
        raise InvalidArgumentError(f"{name!r} is no name of a sidecar; one is named like graph.json or params/a.json")
    url = _url(config, "files", f"{system_name(source)}/{name}")
    return _file(_get(config, url), url, config)


def list_sidecars(source: str, options: Mapping[str, object]) -> Sequence[str]:
    """List the JSON files of a system.

    Without a manifest on the server this finds the well-known names only, not those in folders.

    Parameters
    ----------
    source, options
        As for :func:`read_sidecar`, which also names the errors.
    """
    config = configured(options)
    url = _url(config, "systems", system_name(source))
    answer = _get(config, url)
    if answer.status == 200 and not answer.is_page:
        return _manifest(answer, url)
    return [name for name in WELL_KNOWN if _exists(source, name, options)]


def _exists(source: str, name: str, options: Mapping[str, object]) -> bool:
    try:
        read_sidecar(source, name, options)
    except SourceNotFoundError:
        return False
    return True


def _url(config: HsdsConfig, kind: str, path: str) -> str:
    return f"{config.files_endpoint}/{kind}/{quote(path)}"


def _get(config: HsdsConfig, url: str) -> Answer:
    """Ask without any login: the password is for HSDS, not for whoever listens one port up."""
    import requests

    try:
        with leased(config) as server, server.slots.taken():
            answer = server.session.get(url, timeout=config.timeout, stream=True)
            return Answer(answer.status_code, answer.headers.get("Content-Type", ""), read_all(answer, MOST_BYTES))
    except TooLongError:
        raise BackendError(
            f"{url}: a file of more than {MOST_BYTES:,} bytes; what belongs into JSON beside a system is small"
        ) from None
    except requests.RequestException as error:
        found = transport_error(error, config, config.files_endpoint)
        reason = found or BackendError(f"{config.files_endpoint}: {error}")
        raise type(reason)(
            f"{reason} JSON files of a system come from the companion file server at {url}; "
            f"start it, or name it as 'files_endpoint' in {ENV_VAR}"
        ) from error


def _file(answer: Answer, url: str, config: HsdsConfig) -> bytes:
    status = answer.status
    if status == 404:
        raise SourceNotFoundError(f"{url}: the companion file server has no such file")
    if status in {401, 403}:
        raise BackendPermissionError(f"{url}: the companion file server refuses it (status {status})")
    if status in {502, 503, 504}:
        raise BackendConnectionError(f"{url}: the companion file server is not ready (status {status}); try again")
    if status != 200 or answer.is_page:
        what = "a web page" if answer.is_page else f"status {status}"
        raise BackendError(
            f"{url}: {what} came instead of a JSON file, so {config.files_endpoint} is no companion file server; "
            f"correct 'files_endpoint' in {ENV_VAR}"
        )
    return answer.body


def _manifest(answer: Answer, url: str) -> Sequence[str]:
    try:
        body = json.loads(answer.body)
    except ValueError:
        body = None
    names = body.get("files") if isinstance(body, dict) else None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise BackendError(f'{url}: the list of files is broken; it should be like {{"files": ["graph.json"]}}')
    return sorted(names)
