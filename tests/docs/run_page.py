"""Run the Python blocks of one page, in order, in one namespace: ``python run_page.py PAGE``.

Where an expression is followed by a comment that is a value, as in ``system.populations  # ['EXC', 'INH']``, the
expression has to have that value. A block below ``<!-- not run: REASON -->`` is left out. Tracebacks have the page's
lines.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from pathlib import Path

BLOCK = re.compile(r"(?P<skip>^<!-- not run: [^\n]+ -->\n)?^```python\n(?P<code>.*?)^```$", re.M | re.S)


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


def main(page: str) -> None:
    """Run a page."""
    text = Path(page).read_text(encoding="utf-8")
    namespace = {"__name__": "__main__", "__check": check}
    for block in BLOCK.finditer(text):
        if block["skip"]:
            continue
        code = "\n" * text.count("\n", 0, block.start("code")) + block["code"]
        tree = Checked(expected_values(code)).visit(ast.parse(code, page))
        exec(compile(tree, page, "exec"), namespace)


if __name__ == "__main__":
    main(sys.argv[1])
