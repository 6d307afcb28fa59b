"""JSON files of a system, from the companion file server that runs beside HSDS, which itself holds HDF5 only.

The server answers ``GET /files/SYSTEM/NAME`` with the file. ``GET /systems/SYSTEM`` may answer with
``{"files": ["graph.json", …]}``; where it does not, the well-known names are tried.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote

from livn_core.errors import (
    BackendConnectionError,
    BackendError,
    BackendPermissionError,
    InvalidArgumentError,
    SourceNotFoundError,
)
from livn_h5pyd.config import ENV_VAR, HsdsConfig
from livn_h5pyd.domain import system_name
from livn_h5pyd.failures import transport_error
from livn_h5pyd.opening import configured
from livn_h5pyd.session import bounded_session

if TYPE_CHECKING:
    from requests import Response

WELL_KNOWN = ("graph.json", "mea.json", "model.json")


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
    if answer.status_code == 200 and not _is_page(answer):
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


def _get(config: HsdsConfig, url: str) -> Response:
    """Ask without any login: the password is for HSDS, not for whoever listens one port up."""
    import requests

    with bounded_session(config.retries) as session:
        try:
            return session.get(url, timeout=config.timeout)
        except requests.RequestException as error:
            found = transport_error(error, config, config.files_endpoint)
            reason = found or BackendError(f"{config.files_endpoint}: {error}")
            raise type(reason)(
                f"{reason} JSON files of a system come from the companion file server at {url}; "
                f"start it, or name it as 'files_endpoint' in {ENV_VAR}"
            ) from error


def _is_page(answer: Response) -> bool:
    return "html" in answer.headers.get("Content-Type", "").lower()


def _file(answer: Response, url: str, config: HsdsConfig) -> bytes:
    status = answer.status_code
    if status == 404:
        raise SourceNotFoundError(f"{url}: the companion file server has no such file")
    if status in {401, 403}:
        raise BackendPermissionError(f"{url}: the companion file server refuses it (status {status})")
    if status in {502, 503, 504}:
        raise BackendConnectionError(f"{url}: the companion file server is not ready (status {status}); try again")
    if status != 200 or _is_page(answer):
        what = "a web page" if _is_page(answer) else f"status {status}"
        raise BackendError(
            f"{url}: {what} came instead of a JSON file, so {config.files_endpoint} is no companion file server; "
            f"correct 'files_endpoint' in {ENV_VAR}"
        )
    return answer.content


def _manifest(answer: Response, url: str) -> Sequence[str]:
    try:
        body = answer.json()
    except ValueError:
        body = None
    names = body.get("files") if isinstance(body, dict) else None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise BackendError(f'{url}: the list of files is broken; it should be like {{"files": ["graph.json"]}}')
    return sorted(names)
