"""Numbers and equations in worked answers, and how one wrong value carries on to the rest.

A wrong result is believable when what follows agrees with it: `48/2 = <<48/2=26>>26`, then
`48+26 = <<48+26=74>>74` and `#### 74`. `carry` works that out exactly, with fractions.
"""

from __future__ import annotations

import heapq
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import takewhile

from seapo_cli.mistakes.menu.source import FINAL_ANSWER, Source
from seapo_cli.rows import Edit
from seapo_cli.text.spans import Spans

NUMBER = re.compile(r"(?<![\w.,])(?:\d{1,3}(?:,\d{3})+(?![\d,])|\d+)(?:\.\d+)?|(?<![\w.,])\.\d+")
AFTER_NUMBER = re.compile(
    r"(?:(?:st|nd|rd|th)\b|[A-Za-z]*\d|\.\d|[.:/-]\d+[.:/-]\d|[A-Z]\b(?![A-Z]))"
)
"""What makes digits a name, an ordinal, a date or a version."""
MARK = re.compile(r"<<([-+*/().\d ]+)=(-?[\d.,]+)>>")
LONGEST_NUMBER = 15
LONGEST_EXPRESSION = 120
"""Characters beyond which digits are not quantity to reckon with: keys, hashes, junk."""
LARGEST = 10**LONGEST_NUMBER
MOST_CHANGED = 500
"""Numbers that one wrong value may reach; more are not a worked answer."""
OPERAND = re.compile(r"\d+\.?\d*|\.\d+")
SIGNS = {"x": "*", "X": "*", "×": "*", "·": "*", "÷": "/", "−": "-", "–": "-"}
FIGURE = r"[$€£]?(?:\d[\d,]{0,18}(?:\.\d{0,9})?|\.\d{1,9})"
PLAIN = re.compile(
    rf"(?<![\w.=/*+×÷-])((?:\(?{FIGURE}%?\)?[ ]?[-+*/x×÷−–][ ]?){{1,20}}\(?{FIGURE}\)?)[ ]?=[ ]?"
    r"[$€£]?(\d[\d,]{0,18}(?:\.\d{1,9})?)(?![\w%]|\.\d|[ ]?[-+*/=]|<<)"
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
        if match.end() - match.start() <= LONGEST_NUMBER
        and not source.is_kept(*match.span())
        and not AFTER_NUMBER.match(source.text, match.end())
        and not is_list_marker(source.text, *match.span())
    ]


def is_list_marker(text: str, start: int, end: int) -> bool:
    """Whether the number counts items: `1. First`, `(2) second`, `Step 3:`."""
    # All that can stand before a marker fits into a few characters: lines may be very long.
    before = text[max(0, start - 12) : start].rpartition("\n")[2]
    after = text[end : end + 3]
    if re.search(r"\b[Ss]tep ?$", before):
        return not re.match(r"[ .]?\d", after)
    opens = start - len(before) == 0 or text[start - len(before) - 1] == "\n"
    marked = re.fullmatch(r"\s*(?:[(#*]|\*\*)?\s*", before)
    return bool(opens and marked and re.match(r"\s?(?:[.)](?!\d)|:)", after))


def equations(text: str) -> list[Equation]:
    """Calculator marks and plain equations, in order."""
    marks = [
        Equation(m.span(1), m.span(2), m[1].replace(" ", ""), True) for m in MARK.finditer(text)
    ]
    marked = Spans((e.left[0] - 2, e.right[1]) for e in marks)
    plain = [
        Equation(m.span(1), m.span(2), normal(m[1]), False)
        for m in PLAIN.finditer(text)
        if "%" not in m[1] and not marked.overlaps(m.start(), m.start())
    ]
    found = [e for e in marks + plain if _is_expression(e.expression)]
    return sorted(found, key=lambda e: e.left)


def _is_expression(expression: str) -> bool:
    short = len(expression) <= LONGEST_EXPRESSION
    return short and bool(re.search(r"[\d)][-+*/]", expression))


def normal(expression: str) -> str:
    """An expression in Python's signs, without spaces, currency and thousands separators."""
    return "".join(SIGNS.get(c, c) for c in expression if c not in " ,$€£")


def evaluate(expression: str) -> Fraction | None:
    """The exact value; None where it is not an expression or divides by zero."""
    tokens = re.findall(rf"{OPERAND.pattern}|[-+*/()]", expression)
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
    operands: Mapping[int, tuple[int, ...]]
    """Index of an equation → indices of the numbers on its left side, as they stand there."""
    mentions: Mapping[Fraction, Sequence[int]]
    """Value → indices of its numbers and of the results that it is an operand of, in order."""

    @classmethod
    @lru_cache(maxsize=1)  # several kinds of places look at the same answer, one after the other
    def of(cls, source: Source) -> Sum:
        found = tuple(n for n in numbers(source) if not source.in_code(n.start, n.end))
        sums = tuple(equations(source.text))
        at = {number.start: index for index, number in enumerate(found)}
        results, operands = {}, {}
        for which, equation in enumerate(sums):
            left = _left_side(equation, found, at)
            if left is not None and equation.right[0] in at:
                results[at[equation.right[0]]] = which
                operands[which] = left
        mentions: dict[Fraction, list[int]] = defaultdict(list)
        for index, number in enumerate(found):
            left = operands[results[index]] if index in results else ()
            for value in {number.value, *(found[i].value for i in left)}:
                mentions[value].append(index)
        return cls(source, found, sums, results, operands, mentions)

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
        changed = {at: value}
        # Only what an altered value reaches is looked at: answers may hold very many numbers.
        ahead = self._after(at, self.numbers[at].value)  # sorted, so it is a heap
        while ahead:
            index = heapq.heappop(ahead)
            if index in changed:
                continue
            old = self.numbers[index].value
            new = known.get(old, old)
            if index in self.results:
                result = self._result(index, changed)
                if result is None or new not in (result, old):
                    return None
                if result != old and old not in known:
                    for later in self._after(index, old):
                        heapq.heappush(ahead, later)
                new = known[old] = result
            changed[index] = new
            if len(changed) > MOST_CHANGED:
                return None
        return tuple(
            self._edit(self.numbers[index], new)
            for index, new in sorted(changed.items())
            if new != self.numbers[index].value
        )

    def _after(self, at: int, value: Fraction) -> list[int]:
        mentions = self.mentions.get(value, ())
        return list(mentions[bisect_right(mentions, at) :])

    def _result(self, index: int, changed: Mapping[int, Fraction]) -> Fraction | None:
        """The result at a number, with what has changed among its operands."""
        which, number = self.results[index], self.numbers[index]
        operands = self.operands[which]
        if all(changed.get(i, self.numbers[i].value) == self.numbers[i].value for i in operands):
            return number.value
        new = iter([changed.get(i, self.numbers[i].value) for i in operands])
        value = evaluate(OPERAND.sub(lambda _: _plain(next(new)), self.equations[which].expression))
        if value is None or not 0 < value < LARGEST:
            return None
        return value if decimals_of(value) <= decimals_of(number.value) else None

    def _edit(self, number: Number, value: Fraction) -> Edit:
        return self.source.edit(number.start, number.end, number.written(value))


def _left_side(
    equation: Equation, found: Sequence[Number], at: Mapping[int, int]
) -> tuple[int, ...] | None:
    """The numbers of an equation's left side; None unless each operand is one of them."""
    start, end = equation.left
    first = next((at[i] for i in range(start, end) if i in at), len(found))
    inside = list(takewhile(lambda i: found[i].start < end, range(first, len(found))))
    operands = OPERAND.findall(equation.expression)
    if [found[i].value for i in inside] != [Fraction(operand) for operand in operands]:
        return None
    return tuple(inside)


def _plain(value: Fraction) -> str:
    return str(int(value)) if value.denominator == 1 else f"{float(value):.{decimals_of(value)}f}"


def signs(equation: Equation) -> Iterator[tuple[int, str]]:
    """Positions in the expression of the signs between two operands."""
    for match in re.finditer(r"(?<=[\d)])[-+*/]", equation.expression):
        yield match.start(), match[0]
