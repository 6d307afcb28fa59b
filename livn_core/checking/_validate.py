"""Validate a system, or one file: every rule, every place, without stopping at the first."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Any

import attrs

from livn_core.backends import BackendNames, Selection
from livn_core.backends._override import as_chosen
from livn_core.checking import _rules_cells, _rules_edges, _rules_system
from livn_core.checking._directory import check_directory, check_together
from livn_core.checking._file import Contents, check_file
from livn_core.checking._findings import SEVERITIES, Finding, Findings, Rule, Severity
from livn_core.errors import FormatError, SystemNotFoundError
from livn_core.locations import checked_uri, is_address, is_one_file, join, shown
from livn_core.neuroh5 import NeuroH5File, open_neuroh5
from livn_core.system._files import CELLS, CONNECTIONS, ONE_FILE

RULES: dict[str, Rule] = {
    rule.code: rule for module in (_rules_cells, _rules_edges, _rules_system) for rule in module.RULES
}
"""Every rule, by its code."""


@attrs.frozen
class Validation:
    """What was found; iterating gives each :class:`Finding`."""

    place: str
    """What was looked at."""
    findings: tuple[Finding, ...]
    """The most severe first; within one severity in the order of looking."""

    @property
    def counts(self) -> dict[Severity, int]:
        """``{"error": 0, "warning": 1, "info": 2}``."""
        return {one: sum(finding.severity == one for finding in self.findings) for one in SEVERITIES}

    @property
    def ok(self) -> bool:
        """Whether there is no error."""
        return not self.counts["error"]

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)


def validate(
    source: str | os.PathLike[str],
    *,
    backend: BackendNames | None = None,
    options: Mapping[str, object] | None = None,
) -> Validation:
    """Check a system, or one NeuroH5 file, against every rule of the format and of the directory.

    Unlike reading, it does not stop at the first thing that is wrong. Arrays of edges are looked at piece by piece, so
    a projection of any size fits into memory.

    Parameters
    ----------
    source
        A path or an address.
    backend, options
        As for :class:`livn_core.System`.

    Returns
    -------
    Validation
        The findings; none, where all is well.

    Raises
    ------
    FileNotFoundError
        There is nothing at that place.
    NoBackendError, ConfigError, BackendError
        It cannot be looked at.

    Examples
    --------
    >>> from livn_core import predefined, validate
    >>> len(validate(predefined("EI1")))
    0
    """
    place, findings = checked_uri(source), Findings(RULES)
    with ExitStack() as stack:
        opener = Opener(stack, findings, backend, options or {})
        if is_one_file(place):
            file = opener.open(place)
            if file is not None:
                check_file(file, findings)
        else:
            _check_system(place, opener, findings)
        order = {severity: at for at, severity in enumerate(SEVERITIES)}
        return Validation(shown(place), tuple(sorted(findings, key=lambda one: order[one.severity])))


@attrs.define
class Opener:
    """Opens the files of one system, all through one backend, and reports those that cannot be opened."""

    stack: ExitStack
    findings: Findings
    backend: BackendNames | None
    options: Mapping[str, object]
    selection: Selection | None = None
    """What was chosen for the first file that could be opened."""

    def open(self, place: str) -> NeuroH5File | None:
        """Open one file; ``None`` where it is broken, which is reported.

        Raises
        ------
        FileNotFoundError
            There is none.
        """
        try:
            with as_chosen(self.selection.by) if self.selection else nullcontext():
                file = self.stack.enter_context(open_neuroh5(place, backend=self.backend, options=self.options))
        except FormatError as error:
            self.findings.add("file-unreadable", place, error.node, error.problem)
            return None
        self.selection = self.selection or file.selection
        self.backend = self.selection.name
        return file


def _check_system(place: str, opener: Opener, findings: Findings) -> None:
    found: dict[str, Contents | None] = {}
    for name in (ONE_FILE, CELLS, CONNECTIONS):
        try:
            file = opener.open(join(place, name))
        except FileNotFoundError:
            continue
        if name == ONE_FILE or ONE_FILE not in found:
            found[name] = None if file is None else check_file(file, findings)
        else:
            findings.add("files-both", join(place, name), "/", f"is there beside {ONE_FILE}")
    if not found and (is_address(place) or not Path(place).is_dir()):
        raise SystemNotFoundError(f"{shown(place)}: there is no system there")
    check_together(place, found, findings)
    check_directory(place, found, opener.selection, opener.options, findings)


def report(found: Validation) -> dict[str, Any]:
    """A validation as plain values, for JSON."""
    return {
        "place": found.place,
        "ok": found.ok,
        "counts": dict(found.counts),
        "findings": [attrs.asdict(finding) for finding in found],
    }
