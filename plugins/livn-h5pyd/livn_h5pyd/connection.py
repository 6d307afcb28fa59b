"""Open a domain through h5pyd, with time-outs that hold.

``h5pyd.File`` takes ``timeout=`` and ``retries=`` and, in version 1.0.0, uses neither: with the server down it waits
for minutes. It also sets the root logger's level, for the whole process. So the pieces that it is made of are put
together here instead: a connection with our own session, the storage plugin that uses it, and the root group.
Nothing global is touched, so threads do not see each other.
"""

from __future__ import annotations

import logging
from typing import Any

from h5json import Hdf5db  # type: ignore[import-untyped]
from h5pyd import Group
from h5pyd._hl.objectid import GroupID
from h5pyd.hsds_plugin import HsdsPlugin
from h5pyd.httpconn import HttpConn, HttpResponse

from livn_core.errors import BackendError
from livn_h5pyd.config import HsdsConfig
from livn_h5pyd.session import bounded_session

# h5pyd reports through the root logger what it also raises; here it has a name, and is silent unless asked.
_LOG = logging.getLogger("livn_h5pyd.h5pyd")
_LOG.addHandler(logging.NullHandler())
_LOG.propagate = False

_NOBODY = "NONE"
"""h5pyd's word for "no user", which keeps it from sending what ``.hscfg`` and ``HS_*`` hold for another server."""


class NotHsdsError(BackendError):
    """Something answers at the endpoint, but it is not HSDS."""


class BoundedConnection(HttpConn):  # type: ignore[misc] # h5pyd is untyped
    """h5pyd's connection, with a session that gives up, and a check of who answers."""

    def open(self) -> None:
        """Make the session, instead of the one that tries each request ten times."""
        if self.isClosed():
            self._s = bounded_session(self._retries)

    def GET(self, *args: Any, **options: Any) -> HttpResponse:  # noqa: N802 - h5pyd's names
        """Ask for something."""
        return _tamed(super().GET(*args, **options))

    def POST(self, *args: Any, **options: Any) -> HttpResponse:  # noqa: N802
        """Make something, or ask for something at length."""
        return _tamed(super().POST(*args, **options))

    def PUT(self, *args: Any, **options: Any) -> HttpResponse:  # noqa: N802
        """Write something."""
        return _tamed(super().PUT(*args, **options))

    def DELETE(self, *args: Any, **options: Any) -> HttpResponse:  # noqa: N802
        """Delete something."""
        return _tamed(super().DELETE(*args, **options))

    def serverInfo(self) -> dict[str, Any]:  # noqa: N802 - h5pyd's name
        """Ask the server who it is; h5pyd does so before anything else."""
        answer = self.GET("/about")
        if answer.status_code in {401, 403, 502, 503, 504}:
            raise OSError(answer.status_code, answer.reason)
        try:
            info = answer.json() if answer.status_code == 200 else None
        except (OSError, ValueError):
            info = None
        if not isinstance(info, dict) or "hsds_version" not in info:
            raise NotHsdsError(f"status {answer.status_code}, {answer.content_type or 'no content type'}")
        return info


def _tamed(answer: HttpResponse) -> HttpResponse:
    """Keep an answer from two habits of h5pyd.

    It logs in a way that gives the root logger a handler that prints to the terminal, and it leaves the text of a
    refusal unread, whose connection then stays open.
    """
    answer.log = _LOG
    if answer.status_code >= 400 or not (answer.is_json or answer.is_binary):
        answer._rsp.close()
    return answer


def open_database(config: HsdsConfig, domain: str, **mode: Any) -> Hdf5db:
    """Open a domain and return h5pyd's view of it.

    Parameters
    ----------
    config
        The server.
    domain
        Path on it, beginning with a slash.
    mode
        ``read_only``, ``append`` and such for h5pyd's storage plugin; by default for reading.

    Raises
    ------
    OSError, ValueError, KeyError
        As h5pyd raises them; :func:`livn_h5pyd.failures.translated` makes sense of them.
    """
    login: dict[str, Any] = {"username": config.username or _NOBODY, "password": config.password or _NOBODY}
    server = {"endpoint": config.endpoint, "bucket": config.bucket or None, "api_key": _NOBODY, **login}
    mode = mode or {"read_only": True, "append": True}
    plugin = HsdsPlugin(domain, app_logger=_LOG, getobjs=True, **mode)
    plugin._http_conn = BoundedConnection(
        domain,
        **server,
        mode="r" if plugin.read_only else "a",
        logger=_LOG,
        retries=config.retries,
        timeout=config.timeout,
    )
    database = Hdf5db(app_logger=_LOG)
    database.plugin = plugin
    try:
        database.open()
    except BaseException:
        plugin._http_conn.close()
        raise
    _forget_values(plugin)
    return database


def _forget_values(plugin: HsdsPlugin) -> None:
    """Keep the metadata that came with the domain, but no values.

    HSDS adds the values of small datasets as they were when it last looked, so they could be older than the rest, and
    reads of them would go on after the server has stopped.
    """
    for summary in plugin._domain_objs.values():
        if isinstance(summary, dict):
            summary.pop("value", None)


def root_group(database: Hdf5db) -> Group:
    """The root group of an open domain."""
    root = database.root_id
    group = Group(GroupID(None, root, obj_json=database.getObjectById(root), db=database))
    group._name = "/"
    return group
