"""Places that hold quantities: numbers and equations.

All are closed: the wrong values on offer are computed here, so that they have the right form
and size and propagate through the rest of a worked answer; the model picks the believable one.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from itertools import islice

from seapo_cli.mistakes.base import Severity
from seapo_cli.mistakes.menu.carry import Number, Worked, numbers
from seapo_cli.mistakes.menu.code_places import find_arithmetic
from seapo_cli.mistakes.menu.measure_places import UNIT, YEAR, shuffled
from seapo_cli.mistakes.menu.source import OFFERED, Place, Source
from seapo_cli.rows import Edit
from seapo_cli.text.arithmetic import OPERAND, SIGNS, Equation, decimals_of, evaluate, signs

Offers = list[tuple[str, tuple[Edit, ...]]]

LIKELY = 3
"""A wrong step whose result is this many times the right one is obviously absurd."""
TRIED = 12
"""How many numbers or equations are worked through in one answer."""

SHARES: dict[Severity, tuple[Fraction, ...]] = {
    "subtle": tuple(Fraction(n, 100) for n in (95, 98, 103, 105, 110)),
    "moderate": tuple(Fraction(n, 100) for n in (60, 75, 80, 90, 110, 120, 125, 150)),
    "severe": tuple(Fraction(n, 100) for n in (10, 25, 50, 200, 300, 400, 1000)),
}
STEPS: dict[Severity, tuple[int, ...]] = {
    "subtle": (-2, -1, 1, 2),
    "moderate": (-10, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 10),
    "severe": (),
}


def wrong_values(value: Fraction, severity: Severity, rng: random.Random) -> list[Fraction]:
    """Other believable values of the same form, in random order."""
    unit = Fraction(1, 10 ** decimals_of(value)) if decimals_of(value) < 9 else Fraction(1)
    step = unit * (10 if value % (unit * 10) == 0 and value >= unit * 100 else 1)
    found = {round(value * share / step) * step for share in SHARES[severity]}
    found |= {value + step * n for n in STEPS[severity] if abs(n) * step < value or n in (1, 2)}
    if severity == "moderate":  # 80% for 79% is hardly a mistake
        found = {v for v in found if abs(v - value) * 10 >= value}
    values = sorted(v for v in found if v > 0 and v != value) or [value + unit, value + 2 * unit]
    rng.shuffle(values)
    return values


def find_numbers(source: Source) -> Iterator[Place]:
    """Numbers at their first mention; in a worked answer the wrong value is propagated.

    Those whose change reaches the final answer come first.
    """
    rng = source.rng("number")
    worked = Worked.of(source)
    final, firsts = worked.final(), _first_mentions(worked)
    reaching: list[Place] = []
    others: list[Place] = []
    for index in shuffled(firsts, rng)[:TRIED]:
        number = worked.numbers[index]
        if YEAR.fullmatch(source.text, number.start, number.end):
            continue
        if source.is_given(number.start, number.end) or _is_small(source, number):
            continue
        values = wrong_values(number.value, source.severity, rng)
        carried = _carried(worked, index, values, OFFERED)
        reaches = final and any(e.start == final.start for es in carried.values() for e in es)
        place = _number_place(number, carried or _alone(source, number, rng))
        (reaching if reaches else others).append(place)
    yield from reaching
    yield from others
    for number in shuffled([n for n in numbers(source) if _runs(source, n)], rng):
        yield _number_place(number, _alone(source, number, rng))


def _is_small(source: Source, number: Number) -> bool:
    """Whether a number in prose counts things that are in sight: "the 2 above"."""
    measured = re.compile(" ?%").match(source.text, number.end) or UNIT.match(
        source.text, number.end
    )
    return not source.is_worked and number.value < 10 and not measured


def _carried(
    worked: Worked, index: int, values: list[Fraction], most: int
) -> dict[str, tuple[Edit, ...]]:
    """The first values whose consequences are clear, as written, with their edits."""
    tries = ((worked.numbers[index].written(v), worked.carry(index, v)) for v in values)
    return dict(islice(((text, edits) for text, edits in tries if edits), most))


def _runs(source: Source, number: Number) -> bool:
    """Whether a number is in code, outside strings and comments."""
    inside = source.in_code(number.start, number.end)
    return inside and not source.silent.overlaps(number.start, number.end)


def _first_mentions(worked: Worked) -> list[int]:
    seen: dict[Fraction, int] = {}
    for index, number in enumerate(worked.numbers):
        seen.setdefault(number.value, index)
    return list(seen.values())


def _alone(source: Source, number: Number, rng: random.Random) -> dict[str, tuple[Edit, ...]]:
    """Other values for this mention only."""
    values = wrong_values(number.value, source.severity, rng)
    texts = [number.written(value) for value in values]
    return {text: (source.edit(number.start, number.end, text),) for text in texts}


def _number_place(number: Number, choices: Mapping[str, tuple[Edit, ...]]) -> Place:
    offered = {text: choices[text] for text in list(choices)[:OFFERED]}
    return Place("number", number.start, number.end, "another number", offered)


def find_equations(source: Source) -> Iterator[Place]:
    """Equations with another result, propagated to the end; then arithmetic in code."""
    yield from _steps(source, "equation", _other_results)
    yield from find_arithmetic(source)


def find_steps(source: Source) -> Iterator[Place]:
    """Equations with another sign: a wrong step, calculated correctly and propagated to the end."""
    yield from _steps(source, "step", lambda *asked: list(_other_signs(*asked[:3])))


def _steps(
    source: Source, kind: str, others: Callable[[Worked, int, Equation, random.Random], Offers]
) -> Iterator[Place]:
    """Equations of an answer; those whose change reaches the final answer come first."""
    rng = source.rng(kind)
    worked = Worked.of(source)
    final = worked.final()
    found = []
    for index, which in shuffled(list(worked.results.items()), rng)[:TRIED]:
        equation = worked.equations[which]
        offers = others(worked, index, equation, rng)
        if offered := dict(shuffled(offers, rng)[:OFFERED]):
            ask = "a wrong step instead of this equation"
            reaches = final and any(e.start == final.start for es in offered.values() for e in es)
            place = Place(kind, equation.left[0], equation.right[1], ask, offered)
            found.append((not reaches, place))
    for _, place in sorted(found, key=lambda pair: pair[0]):
        yield place


def _other_results(worked: Worked, index: int, equation: Equation, rng: random.Random) -> Offers:
    """The same step with another result, propagated."""
    if _is_at_sight(equation.expression):
        return []
    values = shuffled(slips(worked.numbers[index].value), rng)
    found = _carried(worked, index, values, OFFERED)
    return [(f"{equation.expression}={result}", edits) for result, edits in found.items()]


def _is_at_sight(expression: str) -> bool:
    """Whether the result of a sum is obvious: one digit, or trailing zeros, on either side."""
    operands = [number.rstrip("0.") for number in OPERAND.findall(expression)]
    return sum(len(number.replace(".", "")) > 1 for number in operands) < 2


def slips(value: Fraction) -> list[Fraction]:
    """Results of typical slips in calculation: a forgotten carry, swapped digits."""
    unit = Fraction(1, 10 ** decimals_of(value)) if decimals_of(value) < 9 else Fraction(1)
    steps = [unit * 10, unit * 100] if value >= unit * 20 else [unit, unit * 2]
    found = {value + sign * step for step in steps for sign in (1, -1) if step * 3 <= value * 2}
    digits = str(int(value / unit))
    if len(digits) > 1:
        found.add(Fraction(int(digits[:-2] + digits[-1] + digits[-2])) * unit)
    return sorted(v for v in found if v > 0 and v != value) or [value + unit]


def _other_signs(
    worked: Worked, index: int, equation: Equation
) -> Iterator[tuple[str, tuple[Edit, ...]]]:
    """The same step with one sign wrong: its edits change the sign wherever it is shown."""
    text = worked.source.text

    def marked(at: int) -> bool:
        return equation.is_mark and at >= equation.left[0]

    for position, sign in signs(equation):
        shown = _shown_signs(worked, equation, position)
        if not shown:
            continue
        for other in "+-*/":
            changed = equation.expression[:position] + other + equation.expression[position + 1 :]
            value = evaluate(changed)
            old = worked.numbers[index].value
            if other == sign or value is None or value <= 0 or value == old:
                continue
            if not old / LIKELY <= value <= old * LIKELY:
                continue
            if decimals_of(value) > decimals_of(old) or not (edits := worked.carry(index, value)):
                continue
            written = worked.numbers[index].written(value)
            swaps = tuple(
                # Inside a calculator mark, signs are Python's.
                worked.source.edit(at, at + 1, other if marked(at) else _sign(other, text))
                for at in shown
            )
            both = sorted((*swaps, *edits), key=lambda edit: edit.start)
            yield f"{changed}={written}", tuple(both)


def _sign(sign: str, text: str) -> str:
    """A sign as this answer writes it."""
    if sign == "*" and "*" not in re.sub(r"<<.*?>>", "", text):
        return next((own for own in ("×", "x") if re.search(rf"\d {own} ", text)), "*")
    return sign


def _shown_signs(worked: Worked, equation: Equation, position: int) -> list[int]:
    """Where the sign occurs in the text: in the equation and, for a mark, in what leads up to it.

    Empty where the text before a mark shows the step in words, which a swap would contradict.
    """
    text, (start, end) = worked.source.text, equation.left
    bare = [at for at in range(start, end) if text[at] not in " ,$€£"]
    inside = bare[position]
    if not equation.is_mark:
        return [inside]
    line = text.rfind("\n", 0, start) + 1
    operands = [n.text.replace(",", "") for n in worked.numbers if line <= n.start < start - 2]
    inner = OPERAND.findall(equation.expression)
    if not inner or operands[-len(inner) :] != inner:
        return []
    shown = [n for n in worked.numbers if line <= n.start < start - 2][-len(inner) :]
    before = len(OPERAND.findall(equation.expression[:position]))
    between = range(shown[before - 1].end, shown[before].start)
    found = [
        at
        for at in between
        if SIGNS.get(text[at], text[at]) == equation.expression[position]
        and (text[at] not in "xX" or not text[at - 1].isalpha())
    ]
    return [found[0], inside] if len(found) == 1 else []
