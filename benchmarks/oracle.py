"""Proof that a negative is wrong, for answers that work something out: exact, no model.

A negative is provably wrong where its final number differs from the answer's, or where one of
its equations does not hold although all of the answer's do. What cannot be proved is not
counted: a rounded result holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

NUMBER = r"(?:\d[\d,]*\.?\d*|\.\d+)"
FINAL = re.compile(r"^####\s*(.*)$", re.MULTILINE)
MARK = re.compile(r"<<([^<>=]+)=([^<>=]+)>>")
UNIT = r"(?:[ ]?[A-Za-z]+(?:/[A-Za-z]+)?){0,4}"
OPERAND = rf"\(*[$€£]?{NUMBER}%?\)*"
SHOWN = re.compile(
    rf"(?<![\w.=*/+%)-])({OPERAND}{UNIT}(?:[ ]?[-+*/x×÷−–][ ]?{OPERAND}{UNIT})+)[ ]?"
    rf"=[ ]?[$€£]?(-?{NUMBER}%?)(?![\d/]|[ ]?[-+*/x×÷=][ ]?[$(\d])"
)
SIGNS = {"x": "*", "X": "*", "×": "*", "÷": "/", "−": "-", "–": "-"}


def provably_wrong(response: str, negative: str) -> bool:
    """Whether `negative` is wrong for sure where `response` is right."""
    if final_number(response) != final_number(negative):
        return final_number(negative) is not None
    return all_hold(response) and not all_hold(negative)


def final_number(text: str) -> Fraction | None:
    """The number after the last `####`, else the last one in the text."""
    lines = FINAL.findall(text)
    found = re.findall(rf"-?{NUMBER}", lines[-1] if lines else text)
    return value(found[-1]) if found else None


def all_hold(text: str) -> bool:
    """Whether no equation in the text is untrue."""
    return all(holds(left, right) for left, right in equations(text))


def equations(text: str) -> Iterator[tuple[str, str]]:
    """Both sides of the equations: in calculator marks, and those shown without one."""
    for match in MARK.finditer(text):
        yield match[1], match[2]
    for match in SHOWN.finditer(MARK.sub("", text)):
        yield match[1], match[2]


def holds(left: str, right: str) -> bool:
    """Whether an equation is true to the digits shown; also where it cannot be read."""
    computed, shown = evaluate(left), evaluate(right)
    if computed is None or shown is None:
        return True
    digits = len(right.strip(" %").partition(".")[2])
    if "%" in right and "%" not in left:
        return any(abs(computed * k - shown * 100) < Fraction(1, 10**digits) for k in (1, 100))
    return abs(computed - shown) < Fraction(1, 10**digits)


def evaluate(side: str) -> Fraction | None:
    """The value of one side without its units; None where it cannot be read."""
    if re.search(r"\d[A-Za-z](?![A-Za-z])", re.sub(r"\d[xX] ?[\d($]", "", side)):
        return None  # algebra: 2x + 3
    side = re.sub(r"(?<=[\d)\s])[xX](?=[\s(\d$])", "*", side)
    side = re.sub(r"[A-Za-z]+(?:/[A-Za-z]+)?|[$€£,]", "", side)
    tokens = re.findall(rf"{NUMBER}|\S", "".join(SIGNS.get(c, c) for c in side))
    try:
        result, rest = total(tokens)
    except (IndexError, ValueError, ZeroDivisionError):
        return None
    return None if rest else result


def total(tokens: list[str]) -> tuple[Fraction, list[str]]:
    result, tokens = product(tokens)
    while tokens and tokens[0] in "+-":
        sign, (other, rest) = tokens[0], product(tokens[1:])
        result, tokens = (result + other if sign == "+" else result - other), rest
    return result, tokens


def product(tokens: list[str]) -> tuple[Fraction, list[str]]:
    result, tokens = factor(tokens)
    while tokens and tokens[0] in "*/":
        sign, (other, rest) = tokens[0], factor(tokens[1:])
        result, tokens = (result * other if sign == "*" else result / other), rest
    return result, tokens


def factor(tokens: list[str]) -> tuple[Fraction, list[str]]:
    if tokens[0] == "-":
        result, tokens = factor(tokens[1:])
        return -result, tokens
    if tokens[0] == "(":
        result, tokens = total(tokens[1:])
        if tokens[0] != ")":
            raise ValueError(tokens[0])
    else:
        result = value(tokens[0])
    tokens = tokens[1:]
    while tokens and tokens[0] == "%":
        result, tokens = result / 100, tokens[1:]
    return result, tokens


def value(number: str) -> Fraction:
    """A number as written, with thousands separators."""
    return Fraction(number.replace(",", "").rstrip("."))
