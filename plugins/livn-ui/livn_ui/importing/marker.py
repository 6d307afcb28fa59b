"""What an import leaves in a domain: from which content it was made.

It is the attribute ``livn_import`` of the domain's root group, a line of JSON, so every server keeps it, any machine
can look it up, and it goes where the domain goes. NeuroH5 keeps nothing in attributes of the root group, and no
backend reads one there. While a domain has its temporary name, the attribute says what it is going to be.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Self

import attrs

from livn_ui.importing.survey import MARK

FORMAT = 1
_TEXT = {
    "class": "H5T_STRING",
    "charSet": "H5T_CSET_UTF8",
    "strPad": "H5T_STR_NULLTERM",
    "length": "H5T_VARIABLE",
}


@attrs.frozen
class Marker:
    """From which file a domain was made, when, and by which version."""

    sha256: str
    size: int
    """Bytes of the file."""
    file: str
    """The name of the file."""
    time: str = attrs.field(factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    version: str = attrs.field(factory=lambda: version("livn-ui"))
    format: int = FORMAT
    """Changes when files are stored in another way, so that unchanged ones are imported again."""

    def to_attribute(self) -> dict[str, Any]:
        """The attribute, as HSDS takes it."""
        return {"type": _TEXT, "shape": "H5S_SCALAR", "value": json.dumps(attrs.asdict(self), ensure_ascii=False)}

    @classmethod
    def from_attributes(cls, attributes: Any) -> Self | None:
        """The marker among a root group's attributes; ``None`` where there is none that can be understood."""
        try:
            return cls(**json.loads(attributes[MARK]["value"]))
        except (KeyError, TypeError, ValueError):
            return None

    def is_of(self, sha256: str) -> bool:
        """Whether it stands for this content, stored as today."""
        return self.sha256 == sha256 and self.format == FORMAT
