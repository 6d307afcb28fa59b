"""May web pages read from a server: those of this machine should, others should not."""

from __future__ import annotations

from livn_ui.checking.asking import Asker
from livn_ui.checking.step import Step, ok, warn

OWN_ORIGIN = "http://localhost:5173"
"""A page that this machine serves; where a development server of a web interface usually is."""

FOREIGN_ORIGIN = "https://foreign.example"
"""A page of somebody else; the name is reserved for examples (RFC 2606)."""


def check_cors(name: str, asker: Asker, url: str, origin: str, header: str) -> Step:
    """Ask as a browser would, for a page that should be let in and for one that should not.

    Parameters
    ----------
    name
        The step's name.
    asker
        Sends the requests.
    url
        Something that anybody may read there.
    origin
        The page's origin that should be let in.
    header
        A request header that readers send, for which browsers ask beforehand.
    """
    wanted, foreign = _answer(asker, url, origin, header), _answer(asker, url, FOREIGN_ORIGIN, header)
    if wanted == "denied":
        others = "other pages" if foreign == "allowed" else "at most pages of other origins"
        return warn(name, f"pages of {origin} may not read here, {others} may", _how_to_allow(origin))
    if wanted == "half":
        return warn(
            name,
            f"pages of {origin} may read here, but not with the header {header!r}: the server does not answer OPTIONS",
            "let whatever stands before the server pass OPTIONS requests on to it",
        )
    if foreign != "denied":
        return warn(name, "every web page that somebody opens may read what is public here", _how_to_allow("loopback"))
    return ok(name, f"pages of {origin} may read here, those of strangers may not")


def _how_to_allow(origins: str) -> str:
    return f"livn ui server … origins={origins}; where HSDS was started in another way, its setting cors_domain"


def _answer(asker: Asker, url: str, origin: str, header: str) -> str:
    """What browsers conclude: ``allowed``, ``denied``, or ``half``: only requests that need no permission."""
    asks = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": header}
    before = asker.ask(url, method="OPTIONS", headers={"Origin": origin, **asks})
    itself = asker.ask(url, headers={"Origin": origin})
    if not _names(itself.headers.get("Access-Control-Allow-Origin"), origin):
        return "denied"
    headers = before.headers.get("Access-Control-Allow-Headers", "").lower()
    permitted = (
        before.status < 300
        and _names(before.headers.get("Access-Control-Allow-Origin"), origin)
        and (header in {one.strip() for one in headers.split(",")} or headers == "*")
    )
    return "allowed" if permitted else "half"


def _names(allowed: str | None, origin: str) -> bool:
    return allowed in {origin, "*"}
