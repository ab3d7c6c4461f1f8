"""The numbers of an answer, and how one wrong value propagates to the rest.

A wrong result is believable when what follows agrees with it: `48/2 = <<48/2=26>>26`, then
`48+26 = <<48+26=74>>74` and `#### 74`. `carry` works that out exactly, with fractions.
"""

from __future__ import annotations

import heapq
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import takewhile

from seapo_cli.mistakes.menu.source import Source
from seapo_cli.rows import Edit
from seapo_cli.text.arithmetic import OPERAND, Equation, decimals_of, equations, evaluate

_NUMBER = re.compile(r"(?<![\w.,])(?:\d{1,3}(?:,\d{3})+(?![\d,])|\d+)(?:\.\d+)?|(?<![\w.,])\.\d+")
_AFTER_NUMBER = re.compile(
    r"(?:(?:st|nd|rd|th)\b|[A-Za-z]*\d|\.\d|[.:/-]\d+[.:/-]\d|[A-Z]\b(?![A-Z]))"
)
"""What makes digits a name, an ordinal, a date or a version."""
_LONGEST_NUMBER = 15
"""Characters; longer ones are keys and hashes, not quantities to calculate with."""
_LARGEST = 10**_LONGEST_NUMBER
_MOST_CHANGED = 500
"""How many numbers one wrong value may reach; with more it is not a worked answer."""
_FINAL_ANSWER = re.compile(r"^####.*$", re.MULTILINE)


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


def numbers(source: Source) -> list[Number]:
    """All numbers of the answer that an edit may touch, in order."""
    return [
        Number(*match.span(), match[0], Fraction(match[0].replace(",", "")))
        for match in _NUMBER.finditer(source.text)
        if match.end() - match.start() <= _LONGEST_NUMBER
        and not source.is_kept(*match.span())
        and not _AFTER_NUMBER.match(source.text, match.end())
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


@dataclass(frozen=True, slots=True)
class Worked:
    """A worked answer, parsed once for many calls of `carry`."""

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
    def of(cls, source: Source) -> Worked:
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
        lines = list(_FINAL_ANSWER.finditer(self.source.text))
        if not lines:
            return None
        return next((n for n in reversed(self.numbers) if n.start > lines[-1].start()), None)

    def carry(self, at: int, value: Fraction) -> tuple[Edit, ...] | None:
        """Write `value` at number `at` and propagate it through everything that follows.

        None if the consequences are unclear or implausible: a result that is no longer whole or
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
            if len(changed) > _MOST_CHANGED:
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
        value = evaluate(
            OPERAND.sub(lambda _: _decimal(next(new)), self.equations[which].expression)
        )
        if value is None or not 0 < value < _LARGEST:
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


def _decimal(value: Fraction) -> str:
    return str(int(value)) if value.denominator == 1 else f"{float(value):.{decimals_of(value)}f}"
