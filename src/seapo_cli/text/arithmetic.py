"""Equations in worked answers: where they are, what they evaluate to, and which are false."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from seapo_cli.text.spans import Spans

_MARK = re.compile(r"<<([-+*/().\d ]+)=(-?[\d.,]+)>>")
_WORKED = re.compile(r"<<[^<>]+>>|\d ?[-+*/x×÷] ?\$?\d[^\n=]{0,120}=")
_LONGEST_EXPRESSION = 120
"""Longer ones are keys, hashes, junk."""
OPERAND = re.compile(r"\d+\.?\d*|\.\d+")
SIGNS = {"x": "*", "X": "*", "×": "*", "·": "*", "÷": "/", "−": "-", "–": "-"}
_FIGURE = r"[$€£]?(?:\d[\d,]{0,18}(?:\.\d{0,9})?|\.\d{1,9})"
_PLAIN = re.compile(
    rf"(?<![\w.=/*+×÷-])((?:\(?{_FIGURE}%?\)?[ ]?[-+*/x×÷−–][ ]?){{1,20}}\(?{_FIGURE}\)?)[ ]?=[ ]?"
    r"[$€£]?(\d[\d,]{0,18}(?:\.\d{1,9})?)(?![\w%]|\.\d|[ ]?[-+*/=]|<<)"
)
_OPERATIONS: dict[type, Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_LEADING_ZEROS = re.compile(r"(?<![\d.])0+(?=\d)")


@dataclass(frozen=True, slots=True)
class Equation:
    """`expression = result` in the text; offsets of both sides."""

    left: tuple[int, int]
    right: tuple[int, int]
    expression: str
    """In Python's signs: only digits, signs and parentheses."""
    is_mark: bool
    """A calculator mark `<<48/2=24>>`, which shows its result once more after it."""


def is_worked(text: str) -> bool:
    """Whether a text works something out in steps."""
    return _WORKED.search(text) is not None


def decimals_of(value: Fraction) -> int:
    """Decimals needed to write `value` exactly; 9 if they do not end."""
    return next((n for n in range(9) if (value * 10**n).denominator == 1), 9)


def equations(text: str) -> list[Equation]:
    """Calculator marks and plain equations, in order."""
    marks = [
        Equation(m.span(1), m.span(2), m[1].replace(" ", ""), True) for m in _MARK.finditer(text)
    ]
    marked = Spans((e.left[0] - 2, e.right[1]) for e in marks)
    plain = [
        Equation(m.span(1), m.span(2), normal(m[1]), False)
        for m in _PLAIN.finditer(text)
        if "%" not in m[1] and not marked.overlaps(m.start(), m.start())
    ]
    found = [e for e in marks + plain if _is_expression(e.expression)]
    return sorted(found, key=lambda e: e.left)


def _is_expression(expression: str) -> bool:
    short = len(expression) <= _LONGEST_EXPRESSION
    return short and bool(re.search(r"[\d)][-+*/]", expression))


def normal(expression: str) -> str:
    """An expression in Python's signs, without spaces, currency and thousands separators."""
    return "".join(SIGNS.get(c, c) for c in expression if c not in " ,$€£")


def evaluate(expression: str) -> Fraction | None:
    """The exact value; None if it is not an expression or divides by zero."""
    text = _LEADING_ZEROS.sub("", expression)
    try:
        tree: Any = compile(text, "", "eval", ast.PyCF_ONLY_AST)
        return _value(tree.body)
    except (SyntaxError, ValueError, ZeroDivisionError, RecursionError, MemoryError):
        return None


def _value(node: Any) -> Fraction:
    kind = type(node)
    if kind is ast.BinOp and (operation := _OPERATIONS.get(type(node.op))):
        return operation(_value(node.left), _value(node.right))
    if kind is ast.Constant:
        return Fraction(str(node.value))
    if kind is ast.UnaryOp and type(node.op) is ast.USub:
        return -_value(node.operand)
    raise ValueError("not arithmetic")


def false_equations(text: str, rounding: Fraction = Fraction(0)) -> list[str]:
    """Equations whose sides differ, beyond one unit of the last digit where it may be rounded.

    Args:
        rounding: share of the value by which any result may be off.
    """
    found = []
    for equation in equations(text):
        shown = text[slice(*equation.right)]
        left, right = evaluate(equation.expression), quantity(shown)
        if left is None or right is None:
            continue
        decimals = len(shown.partition(".")[2])
        rounded = Fraction(1, 10**decimals) if decimals_of(left) > decimals else 0
        if abs(left - right) > max(rounded, rounding * abs(left)):
            found.append(f"{equation.expression}={shown}")
    return found


def quantity(text: str | None) -> Fraction | None:
    """The value of a number as it is written, with its currency or percent sign."""
    plain = re.sub(r"[\s,$€£%]", "", text or "").rstrip(".")
    return Fraction(plain) if re.fullmatch(r"-?(?:\d+\.?\d*|\.\d+)", plain) else None


def signs(equation: Equation) -> Iterator[tuple[int, str]]:
    """Positions in the expression of the signs between two operands."""
    for match in re.finditer(r"(?<=[\d)])[-+*/]", equation.expression):
        yield match.start(), match[0]
