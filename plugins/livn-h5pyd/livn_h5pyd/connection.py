"""Open a domain through h5pyd, with time-outs that hold.

``h5pyd.File`` takes ``timeout=`` and ``retries=`` and, in version 1.0.0, uses neither: with the server down it waits
for minutes. It also sets the root logger's level, for the whole process. So the pieces that it is made of are put
together here instead: a connection with the session that all files of one server share, the storage plugin that uses
it, and the root group. Nothing global is touched, so threads do not see each other.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from h5json import Hdf5db  # type: ignore[import-untyped]
from h5pyd import Group
from h5pyd._hl.objectid import GroupID
from h5pyd.httpconn import HttpConn, HttpResponse

from livn_core.errors import BackendError
from livn_h5pyd.answers import TooLongError, read_all
from livn_h5pyd.brief import BriefPlugin
from livn_h5pyd.config import HsdsConfig
from livn_h5pyd.server import Lease, Server, leased
from livn_h5pyd.sidebyside import side_by_side

if TYPE_CHECKING:
    from requests import Session

# h5pyd reports through the root logger what it also raises; here it has a name, and is silent unless asked.
_LOG = logging.getLogger("livn_h5pyd.h5pyd")
_LOG.addHandler(logging.NullHandler())
_LOG.propagate = False

_NOBODY = "NONE"
"""h5pyd's word for "no user", which keeps it from sending what ``.hscfg`` and ``HS_*`` hold for another server."""

_MOST_METADATA = 2**28
"""Bytes of one answer with metadata; the summary of a domain with 100,000 objects has some 60 MB."""


_MOST_EXPLANATION = 2**16
"""Bytes that a refusal may have."""


class NotHsdsError(BackendError):
    """Something answers at the endpoint, but it is not HSDS."""


class MovedError(BackendError):
    """The endpoint refers to another address."""


class TamedResponse(HttpResponse):  # type: ignore[misc] # h5pyd is untyped
    """An answer without three habits of h5pyd.

    It logs in a way that gives the root logger a handler that prints to the terminal, it leaves the text of a refusal
    unread, whose connection then stays open, and it reads any answer to its end, in pieces of 4 KiB.
    """

    def __init__(self, answer: Any) -> None:
        super().__init__(answer)
        self.log = _LOG
        self._body: bytes | None = None
        if self.status_code >= 300 or not (self.is_json or self.is_binary):
            self._finish()

    def _finish(self) -> None:
        """Read what nobody wants to know, which costs less than a new connection, or else close this one."""
        try:
            read_all(self._rsp, _MOST_EXPLANATION)
        except (TooLongError, OSError):
            self.close()

    def close(self) -> None:
        """Leave the rest unread; a body that was read to its end is not affected."""
        self._rsp.close()

    @property
    def text(self) -> bytes:
        """The body as bytes."""
        if self._body is None:
            self._body = read_all(self._rsp, _MOST_METADATA)
        return self._body

    def json(self) -> Any:
        """The body as JSON."""
        if not self.is_json:
            self.close()
            raise OSError("response is not json")
        return json.loads(self.text)

    def check_place(self) -> None:
        """Raise :class:`MovedError` where the answer is a redirect."""
        if 300 <= self.status_code < 400:
            place = urlsplit(self._rsp.headers.get("Location", ""))
            raise MovedError(f"{place.scheme}://{place.hostname}" if place.hostname else "another place")


class BoundedConnection(HttpConn):  # type: ignore[misc] # h5pyd is untyped
    """h5pyd's connection to one domain, over the session that its server has.

    Parameters
    ----------
    config
        The server.
    domain
        Path on it.
    mode
        ``"r"``, or ``"a"`` to write.
    """

    def __init__(self, config: HsdsConfig, domain: str, mode: str = "r") -> None:
        self._lease: Lease | None = None
        self._config = config
        super().__init__(
            domain,
            endpoint=config.endpoint,
            username=config.username or _NOBODY,
            password=config.password or _NOBODY,
            bucket=config.bucket or None,
            api_key=_NOBODY,
            mode=mode,
            logger=_LOG,
            retries=config.retries,
            timeout=config.timeout,
        )

    @property
    def _s(self) -> Session | None:
        """h5pyd's name for its session. Asked for each time: a forked process has another one."""
        return self._lease.server.session if self._lease else None

    @_s.setter
    def _s(self, session: Session | None) -> None:
        pass

    @property
    def server(self) -> Server:
        """The server, as all its files share it."""
        if self._lease is None:
            raise OSError("the connection is closed")
        return self._lease.server

    def open(self) -> None:
        """Take a share in the server."""
        if self._lease is None:
            self._lease = Lease(self._config)

    def close(self) -> None:
        """Give it back; the last one closes the session."""
        lease, self._lease = self._lease, None
        if lease:
            lease.end()

    def GET(self, *args: Any, **options: Any) -> TamedResponse:  # noqa: N802 - h5pyd's names
        """Ask for something."""
        answer = TamedResponse(super().GET(*args, **options)._rsp)
        answer.check_place()
        return answer

    def POST(self, *args: Any, **options: Any) -> TamedResponse:  # noqa: N802
        """Make something, or ask for something at length."""
        return TamedResponse(super().POST(*args, **options)._rsp)

    def PUT(self, *args: Any, **options: Any) -> TamedResponse:  # noqa: N802
        """Write something."""
        return TamedResponse(super().PUT(*args, **options)._rsp)

    def DELETE(self, *args: Any, **options: Any) -> TamedResponse:  # noqa: N802
        """Delete something."""
        return TamedResponse(super().DELETE(*args, **options)._rsp)

    def serverInfo(self) -> dict[str, Any]:  # noqa: N802 - h5pyd's name
        """Nothing: h5pyd would ask who the server is before anything else, which :func:`_check_server` does beside."""
        return {}

    def check_server(self) -> None:
        """Ask the server who it is.

        Raises
        ------
        NotHsdsError
            It is not HSDS.
        OSError
            It does not say.
        """
        answer = self.GET("/about")
        if answer.status_code in {401, 403, 429, 502, 503, 504}:
            raise OSError(answer.status_code, answer.reason)
        try:
            info = answer.json() if answer.status_code == 200 and answer.is_json else None
        except ValueError:
            info = None
        answer.close()
        if not isinstance(info, dict) or "hsds_version" not in info:
            raise NotHsdsError(f"status {answer.status_code}, {answer.content_type or 'no content type'}")
        self.server.known = True


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
    plugin = BriefPlugin(domain, app_logger=_LOG, getobjs=True, **(mode or {"read_only": True, "append": True}))
    plugin._http_conn = BoundedConnection(config, domain, "r" if plugin.read_only else "a")
    database = Hdf5db(app_logger=_LOG)
    database.plugin = plugin
    try:
        _Visit(config).open(database)
    except BaseException:
        plugin._http_conn.close()
        raise
    return database


class _Visit:
    """Opens a domain; at a server that is not known to be HSDS, it asks at the same time whether it is."""

    def __init__(self, config: HsdsConfig) -> None:
        self._config = config
        self._opened = False
        self._failure: Exception | None = None
        self._doubt: NotHsdsError | None = None

    def open(self, database: Hdf5db) -> None:
        with leased(self._config) as server:
            jobs = [lambda: self._open(database)] if server.known else [lambda: self._open(database), self._ask]
            side_by_side(jobs, len(jobs))
            if self._opened:
                server.known = True
        if self._doubt is not None:
            raise self._doubt
        if self._failure is not None:
            raise self._failure

    def _open(self, database: Hdf5db) -> None:
        try:
            database.open()
        except Exception as error:
            self._failure = error
        self._opened = self._failure is None

    def _ask(self) -> None:
        if self._opened:
            return  # in a browser, one comes after the other
        connection = BoundedConnection(self._config, "/")
        connection.open()
        try:
            connection.check_server()
        except NotHsdsError as error:
            self._doubt = error
        except (OSError, ValueError):
            pass  # the domain's own failure says more
        finally:
            connection.close()


def root_group(database: Hdf5db) -> Group:
    """The root group of an open domain."""
    root = database.root_id
    group = Group(GroupID(None, root, obj_json=database.getObjectById(root), db=database))
    group._name = "/"
    return group
