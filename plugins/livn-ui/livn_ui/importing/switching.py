"""Put new content in the place of old, so that an end at any point loses neither.

HSDS cannot swap names in one step. The new content is complete under DOMAIN.importing; then

1. the old content gets a second name, DOMAIN.former;
2. DOMAIN is deleted, and keeps its content;
3. DOMAIN is made again, for the new content;
4. DOMAIN.former is deleted with the old content;
5. DOMAIN.importing is deleted, and keeps its content.

Between 2 and 3, a few milliseconds, there is no DOMAIN. From the names that are left, and from which of them share
their content, :func:`settle` knows where a switch ended, and finishes it.
"""

from __future__ import annotations

from livn_ui.importing.administration import RIGHTS, Administration, Rights
from livn_ui.importing.claim import Claim

_NOBODY = dict.fromkeys(RIGHTS, False)


def importing(domain: str) -> str:
    """The name of content that is not complete."""
    return f"{domain}.importing"


def former(domain: str) -> str:
    """The name of content that is being replaced."""
    return f"{domain}.former"


def rights_of(administration: Administration, domain: str, *, private: bool, public: bool) -> Rights:
    """What to change about the rights of new content, which at first has those that the server gives.

    Parameters
    ----------
    administration
        The server.
    domain
        The name that the content is going to have. If there is one already, the new content gets its rights.
    private
        Let nobody do anything without a login.
    public
        Let everybody read it, if there is nothing of that name yet.
    """
    rights: Rights = {"default": {**_NOBODY, "read": True}} if public else {}
    if administration.state(domain) is not None:
        rights = {"default": _NOBODY, **administration.rights(domain)}
    return closed(rights) if private else rights


def closed(rights: Rights) -> Rights:
    """The same, but without a login nobody may do anything."""
    return {**rights, "default": _NOBODY}


def switch(administration: Administration, claim: Claim, domain: str) -> None:
    """Put what is under the claimed name in the place of ``domain``; the claim is used up."""
    old = administration.state(domain)
    if old is None or old[0] != claim.root:
        _replace(administration, claim, domain, replaced=old is not None)
    claim.rest()
    administration.drop_name(importing(domain))
    claim.over = True


def _replace(administration: Administration, claim: Claim, domain: str, *, replaced: bool) -> None:
    if replaced:
        _link(administration, domain, former(domain))
    claim.check()
    if replaced:
        administration.drop_name(domain)
    _link(administration, importing(domain), domain)
    old = administration.state(former(domain))
    if old is not None and old[0] != claim.root:
        administration.delete(former(domain))


def _link(administration: Administration, source: str, target: str) -> None:
    """A second name for some content, with the rights of the first; HSDS gives it those of a new domain."""
    rights = administration.rights(source)
    administration.link(source, target)
    administration.set_rights(target, rights)


def settle(administration: Administration, claim: Claim, domain: str) -> bool:
    """Finish what an import left that was killed while it switched.

    Returns
    -------
    bool
        Whether the claim is used up, because its content is in place.
    """
    old, now = administration.state(former(domain)), administration.state(domain)
    if old is not None and now is None:
        # With a fresh claim the new content has gone, which nothing of ours does.
        _link(administration, former(domain) if claim.fresh else importing(domain), domain)
        now = administration.state(domain)
    if old is not None and now is not None:
        if old[0] == now[0]:
            administration.drop_name(former(domain))
        else:
            administration.delete(former(domain))
    if now is None or now[0] != claim.root:
        return False
    administration.set_rights(domain, administration.rights(importing(domain)))
    claim.rest()
    administration.drop_name(importing(domain))
    claim.over = True
    return True
