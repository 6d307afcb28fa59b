"""What a check finds, and where it is collected."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

import attrs

from livn_core.locations import shown

Severity: TypeAlias = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")


@attrs.frozen
class Rule:
    """One rule of the format or of the directory."""

    code: str
    """Stable: programs may rely on it."""
    severity: Severity
    """error: something cannot be read, or is read wrong. warning: some reader stumbles, or something does not fit
    together. info: allowed, and worth knowing."""
    leads_to: str
    """What happens where it is broken."""
    remedy: str
    """What to do."""


@attrs.frozen
class Finding:
    """One place where a rule is broken."""

    code: str
    severity: Severity
    file: str
    """Path or address of the file."""
    node: str
    """The place in it: an HDF5 path, or a path in a JSON document."""
    problem: str
    """What is wrong."""
    leads_to: str
    """What happens because of it."""
    remedy: str
    """What to do."""

    def __str__(self) -> str:
        return f"{self.severity}: {self.file}: {self.node}: {self.problem} [{self.code}]"


class Findings:
    """Collects findings, in the order in which they are made."""

    def __init__(self, rules: dict[str, Rule]) -> None:
        self._rules = rules
        self._found: dict[Finding, None] = {}

    def add(self, code: str, file: str, node: str, problem: str) -> None:
        """Report that a rule is broken somewhere; a second report of the same is dropped."""
        rule = self._rules[code]
        finding = Finding(code, rule.severity, shown(file), node, problem, rule.leads_to, rule.remedy)
        self._found[finding] = None

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._found)
