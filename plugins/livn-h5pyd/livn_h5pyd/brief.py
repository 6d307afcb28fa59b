"""h5pyd's view of a domain, with fewer requests.

A domain that HSDS has summarised comes with everything about its objects in one answer. Of any other, h5pyd 1.0.0 asks
for each group and each dataset on its way to a value. Here all links come in one answer, and what else is needed can be
asked for side by side, since :meth:`BriefPlugin.getObjectById` may be called from several threads.
"""

from __future__ import annotations

from typing import Any

from h5pyd.hsds_plugin import HsdsPlugin

MOST_LINKS = 3000
"""A domain with more links than this is looked at group by group. On an idle machine, HSDS takes 0.2 ms for each."""


class BriefPlugin(HsdsPlugin):  # type: ignore[misc] # h5pyd is untyped
    """h5pyd's storage plugin for one domain."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._links: dict[str, dict[str, Any]] = {}
        self._early: dict[str, bytes] = {}

    def open(self) -> str:
        """Open the domain, and get to know its groups; returns the id of the root group."""
        root: str = super().open()
        self._forget_values()
        if self.read_only and root not in self._domain_objs:
            self._links = self._ask_for_links(root)
        return root

    def _forget_values(self) -> None:
        """Keep the metadata that came with the domain, but no values.

        HSDS adds the values of small datasets as they were when it last looked, so they could be older than the rest,
        and reads of them would go on after the server has stopped.
        """
        for summary in self._domain_objs.values():
            if isinstance(summary, dict):
                summary.pop("value", None)

    def _ask_for_links(self, root: str) -> dict[str, dict[str, Any]]:
        """The links of all groups by their ids; what is missing here, h5pyd asks for when it is needed."""
        answer = self.http_conn.GET(f"/groups/{root}/links", params={"follow_links": 1, "Limit": MOST_LINKS})
        found = answer.json().get("links") if answer.status_code == 200 and answer.is_json else None
        if not isinstance(found, dict):
            return {}
        # HSDS cuts what is beyond the limit, and leaves an empty object for a group whose links it could not get.
        whole = {group: links for group, links in found.items() if isinstance(links, list)}
        if sum(map(len, whole.values())) >= MOST_LINKS:
            return {}
        return {group: {link["title"]: link for link in links} for group, links in whole.items()}

    def links(self, group: str) -> dict[str, Any]:
        """The links of a group as far as they are known already: ``{name: link}``."""
        known = self._links.get(group) or self._domain_objs.get(group, {}).get("links", {})
        return dict(known)

    def knows(self, obj_id: str) -> bool:
        """Whether no request is needed to describe an object."""
        return obj_id in self._domain_objs or obj_id in self.db.db

    def keep_early(self, dataset: str, values: bytes) -> None:
        """Keep the values of a dataset that were read along with its description, for who reads them next."""
        self._early[dataset] = values

    def take_early(self, dataset: str) -> bytes | None:
        """Such values, once: whoever reads again wants them as they are then."""
        return self._early.pop(dataset, None)

    def getObjectById(self, obj_id: str, *args: Any, **options: Any) -> dict[str, Any]:  # noqa: N802 - h5pyd's name
        """What is known about an object; asked for where it is not known yet."""
        if obj_id in self._links:
            return {"links": self._links[obj_id]}
        found: dict[str, Any] = super().getObjectById(obj_id, *args, **options)
        return found
