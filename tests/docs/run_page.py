"""Run the Python blocks of one page, in order, in one namespace: ``python run_page.py PAGE [--shell]``.

Where an expression is followed by a comment that is a value, as in ``system.populations  # ['EXC', 'INH']``, the
expression has to have that value. A block below ``<!-- not run: REASON -->`` is left out. Tracebacks have the page's
lines.

With ``--shell``, ``bash`` blocks run as well, where they stand. A ``text`` block below one is what it prints, line by
line; ``…`` at the end of a line stands for anything.
"""

from __future__ import annotations

import ast
import io
import re
import shlex
import subprocess
import sys
import tokenize
from pathlib import Path

BLOCK = re.compile(
    r"(?P<skip>^<!-- not run: [^\n]+ -->\n)?^```(?P<language>python|bash)\n(?P<code>.*?)^```$"
    r"(?:\n\n^```text\n(?P<printed>.*?)^```$)?",
    re.M | re.S,
)
LIVN = f'livn() {{ {shlex.quote(sys.executable)} -W error -m livn_core "$@"; }}\n'
"""The command of this interpreter, whatever else is called livn on this machine."""


def expected_values(code: str) -> dict[int, ast.expr]:
    """The comments that are values, by line."""
    found = {}
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.COMMENT and "..." not in token.string:
            try:
                ast.literal_eval(token.string[1:].strip())
            except (ValueError, SyntaxError):
                continue
            found[token.start[0]] = ast.parse(token.string[1:].strip(), mode="eval").body
    return found


class Checked(ast.NodeTransformer):
    """Each expression that has a value beside it is compared with it."""

    def __init__(self, expected: dict[int, ast.expr]) -> None:
        self.expected = expected

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        """Replace ``expression`` by ``check(expression, value)``."""
        if node.end_lineno not in self.expected:
            return node
        value = self.expected[node.end_lineno]
        call = ast.Call(ast.Name("__check", ast.Load()), [node.value, value], [])
        return ast.fix_missing_locations(ast.copy_location(ast.Expr(ast.copy_location(call, node)), node))


def check(found: object, expected: object) -> None:
    """Compare the value of an expression with the one in its comment."""
    assert found == expected, f"the page says {expected!r}, but it is {found!r}"


def fits(said: str, found: str) -> bool:
    """Whether a line is what the page says, which may leave out its end."""
    return said == found or (said.endswith("…") and found.startswith(said[:-1]))


def type_in(code: str, printed: str | None) -> None:
    """Run the commands of a block, and compare what they print with the page, where it says that."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", LIVN + code], capture_output=True, encoding="utf-8", timeout=100, check=False
    )
    assert done.returncode == 0, f"{code}{done.stdout}{done.stderr}"
    if printed is not None:
        said, found = printed.splitlines(), done.stdout.splitlines()
        same = len(said) == len(found) and all(map(fits, said, found))
        assert same, f"{code}the page says\n{printed}but it prints\n{done.stdout}"


def main(page: str, *flags: str) -> None:
    """Run a page."""
    text = Path(page).read_text(encoding="utf-8")
    namespace = {"__name__": "__main__", "__check": check}
    for block in BLOCK.finditer(text):
        if block["skip"]:
            continue
        if block["language"] == "bash":
            if "--shell" in flags:
                type_in(block["code"], block["printed"])
            continue
        code = "\n" * text.count("\n", 0, block.start("code")) + block["code"]
        tree = Checked(expected_values(code)).visit(ast.parse(code, page))
        exec(compile(tree, page, "exec"), namespace)


if __name__ == "__main__":
    main(*sys.argv[1:])
