"""The order of the steps, and which of them make sense only after which."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import attrs

from livn_core.errors import LivnError
from livn_ui.checking.asking import Asker
from livn_ui.checking.companion import check_companion, check_same_systems, check_sidecar
from livn_ui.checking.cors import OWN_ORIGIN, check_cors
from livn_ui.checking.hsds import check_admin, check_bucket, check_data_nodes, check_endpoint, check_who
from livn_ui.checking.step import Report, Step, fail, skipped
from livn_ui.checking.systems import check_systems
from livn_ui.checking.target import Target
from livn_ui.checking.visit import Visit


@attrs.frozen
class Link:
    """A part of the chain."""

    name: str
    run: Callable[[Visit], Iterator[Step]]
    after: tuple[str, ...] = ()
    """Steps that must not have failed."""


def _cors_of_hsds(visit: Visit) -> Iterator[Step]:
    yield check_cors("CORS of HSDS", visit.asker, f"{visit.config.endpoint}/about", visit.origin, "authorization")


def _cors_of_companion(visit: Visit) -> Iterator[Step]:
    url = f"{visit.config.files_endpoint}/systems"
    yield check_cors("CORS of companion", visit.asker, url, visit.origin, "range")


CHAIN = (
    Link("endpoint", check_endpoint),
    Link("HSDS", check_who, ("endpoint",)),
    Link("admin", check_admin, ("HSDS",)),
    Link("data nodes", check_data_nodes, ("HSDS",)),
    Link("bucket", check_bucket, ("HSDS",)),
    Link("systems", check_systems, ("data nodes", "bucket")),
    Link("companion", check_companion),
    Link("JSON files", check_sidecar, ("companion",)),
    Link("same systems", check_same_systems, ("data nodes", "bucket", "companion")),
    Link("CORS of HSDS", _cors_of_hsds, ("HSDS",)),
    Link("CORS of companion", _cors_of_companion, ("companion",)),
)


def check(target: Target, origin: str = OWN_ORIGIN, timeout: float = 5.0) -> Report:
    """Walk the whole chain.

    Parameters
    ----------
    target
        The server to look at.
    origin
        The origin of web pages that should be let in.
    timeout
        Seconds for each single request.

    Returns
    -------
    Report
        A step for each part, those that make no sense without an earlier one marked as skipped.
    """
    visit = Visit(target, Asker(timeout), origin)
    steps = [target.setting]
    for link in CHAIN:
        steps += _run(link, visit, [step.name for step in steps if step.status in {"fail", "skipped"}])
    config = target.config
    return Report(config.endpoint, config.files_endpoint, config.bucket, tuple(steps))


def _run(link: Link, visit: Visit, unmet: list[str]) -> list[Step]:
    missing = [name for name in link.after if name in unmet]
    if missing:
        return [skipped(link.name, " and ".join(missing))]
    try:
        return list(link.run(visit))
    except LivnError as error:
        return [fail(link.name, str(error), "look at the server's log, and try again")]
