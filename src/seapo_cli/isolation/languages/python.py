"""Python."""

from __future__ import annotations

import ast
import warnings

from seapo_cli.isolation.languages.base import Language

_CHECK = "check"


class Python(Language):
    """Tests are `assert` statements, functions `test_*`, `check(candidate)` or unittest cases."""

    name = "python"
    aliases = ("py", "python3")

    def tests(self, source: str, entry_point: str | None) -> str:
        """Add HumanEval's call of `check`."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise ValueError(f"the row's test is not Python: {error}") from None
        if not any(map(_tests, ast.walk(tree))):
            raise ValueError("the row's test asserts nothing")
        if not any(isinstance(n, ast.FunctionDef) and n.name == _CHECK for n in tree.body):
            return source
        if any(_calls_check(node) for node in tree.body):
            return source
        if entry_point is None:
            raise ValueError("the row's test defines check, but the row has no entry_point")
        return f"{source}\n{_CHECK}({entry_point})"


def _tests(node: ast.AST) -> bool:
    """Whether a statement may fail a test: assert, raise, self.assertEqual, pytest.raises."""
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        return name.startswith(("assert", "raises", "fail"))
    return isinstance(node, ast.Assert | ast.Raise)


def _calls_check(node: ast.stmt) -> bool:
    call = node.value if isinstance(node, ast.Expr) else None
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == _CHECK
