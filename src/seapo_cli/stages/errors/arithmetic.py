"""Numbers and equations in worked answers, and how one wrong value carries on to the rest.

A wrong result is believable when what follows agrees with it: `48/2 = <<48/2=26>>26`, then
`48+26 = <<48+26=74>>74` and `#### 74`. `carry` works that out exactly, with fractions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from seapo_cli.records import Edit
from seapo_cli.stages.errors.source import FINAL_ANSWER, Source

NUMBER = re.compile(r"(?<![\w.,])(?:\d{1,3}(?:,\d{3})+(?![\d,])|\d+)(?:\.\d+)?|(?<![\w.,])\.\d+")
AFTER_NUMBER = re.compile(r"(?:st|nd|rd|th|[A-Za-z]*\d|[.:/-]\d+[.:/-]\d|[A-Z]\b(?![A-Z]))")
MARK = re.compile(r"<<([-+*/().\d ]+)=(-?[\d.,]+)>>")
SIGNS = {"x": "*", "X": "*", "×": "*", "·": "*", "÷": "/", "−": "-", "–": "-"}
PLAIN = re.compile(
    r"(?<![\w.=/*+×÷-])((?:\(?[$€£]?(?:\d[\d,]*\.?\d*|\.\d+)%?\)?[ ]?[-+*/x×÷−–][ ]?)+"
    r"\(?[$€£]?(?:\d[\d,]*\.?\d*|\.\d+)\)?)[ ]?=[ ]?[$€£]?"
    r"(\d[\d,]*(?:\.\d+)?)(?![\w%]|\.\d|[ ]?[-+*/=]|<<)"
)


@dataclass(frozen=True, slots=True)
class Number:
    """One number as it stands in the text."""

    start: int
    end: int
    text: str
    value: Fraction

    def written(self, value: Fraction) -> str:
        """`value` in this number's own form: thousands separators, decimals."""
        if value.denominator == 1:
            whole = int(value)
            text = f"{whole:,}" if "," in self.text else str(whole)
            decimals = len(self.text.partition(".")[2])
            return f"{text}.{'0' * decimals}" if decimals else text
        digits = max(decimals_of(value), len(self.text.partition(".")[2]))
        text = f"{float(value):,.{digits}f}" if "," in self.text else f"{float(value):.{digits}f}"
        return text.removeprefix("0") if self.text.startswith(".") else text


@dataclass(frozen=True, slots=True)
class Equation:
    """`expression = result` in the text; offsets of both sides."""

    left: tuple[int, int]
    right: tuple[int, int]
    expression: str
    """Python's signs, nothing but digits, signs and parentheses."""
    is_mark: bool
    """A calculator mark `<<48/2=24>>`, which shows its result once more after it."""


def decimals_of(value: Fraction) -> int:
    """Decimals that write `value` exactly; 9 where it has no end."""
    return next((n for n in range(9) if (value * 10**n).denominator == 1), 9)


def numbers(source: Source) -> list[Number]:
    """All numbers of the answer that an edit may touch, in order."""
    return [
        Number(*match.span(), match[0], Fraction(match[0].replace(",", "")))
        for match in NUMBER.finditer(source.text)
        if not source.is_kept(*match.span())
        and not AFTER_NUMBER.match(source.text, match.end())
        and not is_list_marker(source.text, *match.span())
    ]


def is_list_marker(text: str, start: int, end: int) -> bool:
    """Whether the number counts items: `1. First`, `(2) second`, `Step 3:`."""
    line = text[text.rfind("\n", 0, start) + 1 : start]
    if re.fullmatch(r"\s*(?:[(#*]|\*\*)?\s*", line) and re.match(
        r"\s?(?:[.)](?!\d)|:)", text[end:]
    ):
        return True
    return bool(re.search(r"\b[Ss]tep ?$", line)) and not re.match(r"[ .]?\d", text[end:])


def equations(text: str) -> list[Equation]:
    """Calculator marks and plain equations, in order."""
    marks = [
        Equation(m.span(1), m.span(2), m[1].replace(" ", ""), True) for m in MARK.finditer(text)
    ]
    plain = [
        Equation(m.span(1), m.span(2), normal(m[1]), False)
        for m in PLAIN.finditer(text)
        if "%" not in m[1] and all(not e.left[0] - 2 <= m.start() < e.right[1] for e in marks)
    ]
    found = [e for e in marks + plain if re.search(r"[\d)][-+*/]", e.expression)]
    return sorted(found, key=lambda e: e.left)


def normal(expression: str) -> str:
    """An expression in Python's signs, without spaces, currency and thousands separators."""
    return "".join(SIGNS.get(c, c) for c in expression if c not in " ,$€£")


def evaluate(expression: str) -> Fraction | None:
    """The exact value; None where it is no expression or divides by zero."""
    tokens = re.findall(r"\d+\.?\d*|\.\d+|[-+*/()]", expression)
    if "".join(tokens) != expression:
        return None
    try:
        value, rest = _sum(tokens)
    except (IndexError, ValueError, ZeroDivisionError):
        return None
    return None if rest else value


def _sum(tokens: list[str]) -> tuple[Fraction, list[str]]:
    value, tokens = _product(tokens)
    while tokens and tokens[0] in "+-":
        other, rest = _product(tokens[1:])
        value, tokens = (value + other if tokens[0] == "+" else value - other), rest
    return value, tokens


def _product(tokens: list[str]) -> tuple[Fraction, list[str]]:
    value, tokens = _factor(tokens)
    while tokens and tokens[0] in "*/":
        other, rest = _factor(tokens[1:])
        value, tokens = (value * other if tokens[0] == "*" else value / other), rest
    return value, tokens


def _factor(tokens: list[str]) -> tuple[Fraction, list[str]]:
    if tokens[0] == "-":
        value, rest = _factor(tokens[1:])
        return -value, rest
    if tokens[0] != "(":
        return Fraction(tokens[0]), tokens[1:]
    value, rest = _sum(tokens[1:])
    if not rest or rest[0] != ")":
        raise ValueError("open parenthesis")
    return value, rest[1:]


@dataclass(frozen=True, slots=True)
class Sum:
    """A worked answer taken apart once, for many tries of `carry`."""

    source: Source
    numbers: tuple[Number, ...]
    equations: tuple[Equation, ...]
    results: Mapping[int, int]
    """Index of a number → index of the equation whose result it is."""

    @classmethod
    def of(cls, source: Source) -> Sum:
        found = tuple(n for n in numbers(source) if not source.in_code(n.start, n.end))
        sums = tuple(equations(source.text))
        at = {number.start: index for index, number in enumerate(found)}
        results = {at[e.right[0]]: k for k, e in enumerate(sums) if e.right[0] in at}
        return cls(source, found, sums, results)

    def final(self) -> Number | None:
        """The number of the last line `#### 42`."""
        lines = list(FINAL_ANSWER.finditer(self.source.text))
        if not lines:
            return None
        return next((n for n in reversed(self.numbers) if n.start > lines[-1].start()), None)

    def carry(self, at: int, value: Fraction) -> tuple[Edit, ...] | None:
        """Write `value` at number `at` and carry it on through everything that follows.

        None where the consequences are unclear or ugly: a result that is no longer whole or
        positive, or an old value that stands for two different new ones.
        """
        known = {self.numbers[at].value: value}
        edits = [self._edit(self.numbers[at], value)]
        for index, number in enumerate(self.numbers[at + 1 :], at + 1):
            if index in self.results:
                result = self._result(self.equations[self.results[index]], number, known)
                if result is None or known.get(number.value, result) not in (result, number.value):
                    return None
                known[number.value] = result
            new = known.get(number.value, number.value)
            if new != number.value:
                edits.append(self._edit(number, new))
        return tuple(edits)

    def _result(
        self, equation: Equation, number: Number, known: Mapping[Fraction, Fraction]
    ) -> Fraction | None:
        changed = _replace_operands(equation.expression, known)
        if changed == equation.expression:
            return number.value
        value = evaluate(changed)
        if value is None or value <= 0 or decimals_of(value) > decimals_of(number.value):
            return None
        return value

    def _edit(self, number: Number, value: Fraction) -> Edit:
        return self.source.edit(number.start, number.end, number.written(value))


def _replace_operands(expression: str, known: Mapping[Fraction, Fraction]) -> str:
    def new(match: re.Match[str]) -> str:
        value = known.get(Fraction(match[0]))
        return match[0] if value is None else _plain(value)

    return re.sub(r"\d+\.?\d*|\.\d+", new, expression)


def _plain(value: Fraction) -> str:
    return str(int(value)) if value.denominator == 1 else f"{float(value):.{decimals_of(value)}f}"


def signs(equation: Equation) -> Iterator[tuple[int, str]]:
    """Positions in the expression of the signs between two operands."""
    for match in re.finditer(r"(?<=[\d)])[-+*/]", equation.expression):
        yield match.start(), match[0]
