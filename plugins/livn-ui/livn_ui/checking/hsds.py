"""Steps about HSDS itself: who answers at the endpoint, its data nodes, its bucket."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from livn_h5pyd.config import ENV_VAR

from livn_ui.checking.asking import UnansweredError
from livn_ui.checking.step import Step, fail, ok, warn
from livn_ui.checking.visit import Visit
from livn_ui.hsds.settings import is_loopback

OLDEST = (1, 0)
"""h5pyd 1.0 gets a 400 from HSDS 0.9.2 for every dataset that it makes."""


def check_endpoint(visit: Visit) -> Iterator[Step]:
    """Whether anything answers, and quickly."""
    url = visit.config.endpoint
    try:
        visit.about_answer = answer = visit.asker.ask(f"{url}/about")  # with no login, which may be wrong
    except UnansweredError as error:
        yield fail("endpoint", f"{url}: {error}", visit.target.how_to_start)
        return
    if answer.redirected_to:
        address = answer.redirected_to.removesuffix("/about")
        yield warn("endpoint", f"{url} leads on to {address}", f"give {address} as 'endpoint' in {ENV_VAR}")
    else:
        yield ok("endpoint", f"{url} answers")


def check_who(visit: Visit) -> Iterator[Step]:
    """Whether it is HSDS, and ready."""
    answer = visit.about_answer
    about = answer.json if answer.status == 200 else None
    if answer.status in {502, 503, 504}:
        yield fail("HSDS", f"it is not ready ({answer})", "wait a little; then look at its log")
    elif not isinstance(about, dict) or "hsds_version" not in about:
        yield fail("HSDS", f"what answers there is not HSDS ({answer})", visit.target.how_to_name_endpoint)
    elif about.get("state") != "READY":
        yield fail("HSDS", f"{_version(about)} is {about.get('state')}", "wait a little; then look at its log")
    else:
        visit.about = about
        if _is_old(about):
            yield warn(
                "HSDS", f"{_version(about)} is READY, but h5pyd cannot import into it", "use HSDS 1.0.2 or newer"
            )
        else:
            yield ok("HSDS", f"{_version(about)} is READY")


def check_data_nodes(visit: Visit) -> Iterator[Step]:
    """Ask each data node for something, because the service node says READY even when all of them are dead.

    HSDS gives an object to the data node whose number is the MD5 of its name modulo their count
    (hsds/util/nodeUtil.py), so names that do not exist can be chosen to ask each one.
    """
    urls = visit.about.get("dn_urls")
    count = len(urls) if isinstance(urls, list) else 0
    if not count:
        yield fail("data nodes", "there are none", "restart the server")
        return
    if not visit.config.bucket:
        yield warn("data nodes", f"{count}, not asked one by one", f"name the bucket in {ENV_VAR}")
        return
    silent = {number: why for number in range(count) if (why := _silence(visit, number, count))}
    if silent:
        named = ", ".join(f"number {number + 1} ({why})" for number, why in silent.items())
        remedy = "restart the server: HSDS restarts no data node by itself, and what lies on it cannot be read"
        yield fail("data nodes", f"{len(silent)} of {count} without an answer: {named}", remedy)
    else:
        yield ok("data nodes", f"{count} of {count} answer")


def check_bucket(visit: Visit) -> Iterator[Step]:
    """Whether the bucket exists and may be listed."""
    answer = visit.ask_hsds("/domains", domain="/")
    shown = repr(visit.config.bucket) if visit.config.bucket else "of the server's own choice"
    if answer.status == 200 and isinstance(answer.json, dict):
        yield ok("bucket", f"bucket {shown} is there")
    elif answer.status == 404:
        remedy = f"correct 'bucket' in {ENV_VAR}; livn ui server makes the one that its bucket= names"
        yield fail("bucket", f"there is no bucket {shown}", remedy)
    elif answer.status == 401:
        user = visit.config.username
        found = f"user {user!r} with this password is not let in" if user else "nobody is let in without a login"
        yield fail("bucket", f"bucket {shown}: {found}", f"correct 'username' and 'password' in {ENV_VAR}")
    else:
        remedy = f"look at the server's log, and correct 'bucket' in {ENV_VAR}"
        yield fail("bucket", f"bucket {shown} cannot be listed ({answer})", remedy)


def check_admin(visit: Visit) -> Iterator[Step]:
    """Whether the password that the admin has on loopback lets everybody in who reaches the server.

    ``livn ui server`` refuses that for a ``host`` that is not loopback, but cannot know of a proxy before it.
    """
    answer = visit.asker.ask(f"{visit.config.endpoint}/about", login=("admin", "admin"))
    body = answer.json if answer.status == 200 else None
    if not isinstance(body, dict) or not body.get("isadmin"):
        yield ok("admin", "has a password of its own")
    elif is_loopback(urlsplit(visit.config.endpoint).hostname or ""):
        yield ok("admin", "has the password admin, which is meant for servers that only this machine reaches")
    else:
        remedy = "livn ui server password_file=…, a file of lines USER:PASSWORD, one of them for admin"
        yield warn("admin", "has the password admin: whoever reaches the server can change and delete all", remedy)


def _silence(visit: Visit, number: int, count: int) -> str:
    """Why a data node does not answer; empty where it does."""
    name = _name_for(visit.config.bucket, number, count)
    try:
        answer = visit.ask_hsds("/", domain=name)
    except UnansweredError as error:
        return str(error)
    return f"status {answer.status}" if answer.status >= 500 else ""


def _name_for(bucket: str, number: int, count: int) -> str:
    """A domain that does not exist, and which a certain data node would have."""
    attempt = 0
    while True:
        name = f"/livn-check-{attempt}.h5"
        digest = hashlib.md5(f"{bucket}{name}".encode(), usedforsecurity=False).hexdigest()
        if int(digest[:5], 16) % count == number:
            return name
        attempt += 1


def _version(about: dict[str, Any]) -> str:
    return f"HSDS {about['hsds_version']}"


def _is_old(about: dict[str, Any]) -> bool:
    parts = str(about["hsds_version"]).split(".")
    numbers = tuple(int(part) for part in parts[:2] if part.isdigit())
    return len(numbers) == 2 and numbers < OLDEST
