"""Make text that came from elsewhere fit to print: no control characters, no secrets, one line where one is due.

Names come from files and messages from plugins and servers; a terminal would obey the escape sequences in them.
"""

from __future__ import annotations

import re

# C0, DEL and C1, the two line separators of Unicode, and what turns the direction of writing around.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def printable(text: str, keep: str = "") -> str:
    r"""Show control characters as Python writes them: ``\n``, ``\x1b``.

    Parameters
    ----------
    text
        What is to be printed.
    keep
        Characters that stay as they are.
    """
    return _CONTROLS.sub(lambda found: found[0] if found[0] in keep else _escaped(found[0]), text)


def printable_json(text: str) -> str:
    r"""The same in a JSON document, whose strings know ``\u001b`` only."""
    return _CONTROLS.sub(lambda found: found[0] if found[0] == "\n" else f"\\u{ord(found[0]):04x}", text)


def one_line(text: str) -> str:
    """A message in one line."""
    return " ".join(line.strip() for line in text.splitlines() if line.strip())


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
