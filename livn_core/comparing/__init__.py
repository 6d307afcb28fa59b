"""Compare what systems hold: a hash of the content, and what differs.

``_manifest`` reads a system into digests, ``_hash`` makes one of them, and ``_diff`` looks closer where two manifests
differ.
"""

from __future__ import annotations

from livn_core.comparing._diff import Difference, diff
from livn_core.comparing._hash import ContentHash, content_hash
from livn_core.comparing._manifest import PARTS

__all__ = ["PARTS", "ContentHash", "Difference", "content_hash", "diff"]
