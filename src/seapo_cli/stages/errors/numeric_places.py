"""Places that hold quantities: numbers, equations, dates, units.

All are closed: the wrong values offered are worked out here, so that they have the right form
and size and carry on through the rest of a worked answer; the model picks the believable one.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import islice
from typing import TypeVar

from seapo_cli.records import Edit
from seapo_cli.stages.errors.arithmetic import (
    SIGNS,
    Equation,
    Number,
    Sum,
    decimals_of,
    evaluate,
    numbers,
    signs,
)
from seapo_cli.stages.errors.base import Severity
from seapo_cli.stages.errors.code_places import find_arithmetic
from seapo_cli.stages.errors.source import OFFERED, Place, Source

T = TypeVar("T")
TRIED = 12
"""So many numbers or equations are worked through in one answer."""

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
YEARS: dict[Severity, tuple[int, ...]] = {
    "subtle": (-3, -2, -1, 1, 2, 3),
    "moderate": (-18, -14, -11, -7, -4, 4, 6, 9, 12, 17),
    "severe": (-130, -100, -70, -52, -40, 40, 60, 80, 100),
}
YEAR = re.compile(r"(?<![\d.,$€£/-])(?:1[0-9]|20)\d\d(?=s?\b)(?![,.]\d|/\d| ?%)")
MONTHS = "January February March April May June July August September October November December"
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
DATE_WORD = re.compile(rf"\b(?:{'|'.join([*MONTHS.split(), *DAYS.split()])})\b")
CENTURY = re.compile(r"\b(\d{1,2})(st|nd|rd|th)(?= century| centuries|-century)")
UNITS = (
    "millimeters centimeters meters kilometers miles",
    "mm cm km",
    "inches feet yards",
    "inch foot yard",
    "milligrams grams kilograms tons",
    "mg kg",
    "ounces pounds tons",
    "oz lb",
    "seconds minutes hours days weeks months years decades centuries",
    "second minute hour day week month year decade century",
    "milliliters liters gallons",
    "teaspoons tablespoons cups pints gallons",
    "teaspoon tablespoon cup pint gallon",
    "kilobytes megabytes gigabytes terabytes",
    "KB MB GB TB",
    "cents dollars",
    "acres hectares",
    "Celsius Fahrenheit",
    "thousand million billion trillion",
    "thousands millions billions",
    "watts kilowatts megawatts",
    "km/h mph",
    "miles kilometers",
)
AMOUNT = (
    r"(?:\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|several|few|many|per|"
    r"hundred|thousand|million|square|cubic|degrees)\b)"
)
UNIT = re.compile(
    r"(?<=[\d\w])(?<![A-Z])[ -]?\b"
    rf"({'|'.join(sorted({word for line in UNITS for word in line.split()}))})\b"
)


def wrong_values(value: Fraction, severity: Severity, rng: random.Random) -> list[Fraction]:
    """Believable other values of the same form, in random order."""
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
    """Numbers at their first mention; in a worked answer the wrong value is carried on.

    Those come first whose change reaches the final answer.
    """
    rng = source.rng("number")
    worked = Sum.of(source)
    final, firsts = worked.final(), _first_mentions(worked)
    reaching: list[Place] = []
    others: list[Place] = []
    for index in _shuffled(firsts, rng)[:TRIED]:
        number = worked.numbers[index]
        if YEAR.fullmatch(source.text, number.start, number.end):
            continue
        values = wrong_values(number.value, source.severity, rng)
        carried = _carried(worked, index, values, OFFERED)
        reaches = final and any(e.start == final.start for es in carried.values() for e in es)
        place = _number_place(number, carried or _alone(source, number, rng))
        (reaching if reaches else others).append(place)
    yield from reaching
    yield from others
    for number in _shuffled([n for n in numbers(source) if _runs(source, n)], rng):
        yield _number_place(number, _alone(source, number, rng))


def _carried(
    worked: Sum, index: int, values: list[Fraction], most: int
) -> dict[str, tuple[Edit, ...]]:
    """The first values whose consequences are clear, as written, with their edits."""
    tries = ((worked.numbers[index].written(v), worked.carry(index, v)) for v in values)
    return dict(islice(((text, edits) for text, edits in tries if edits), most))


def _runs(source: Source, number: Number) -> bool:
    """Whether a number stands in code, in no string and no comment."""
    inside = source.in_code(number.start, number.end)
    return inside and not source.silent.meet(number.start, number.end)


def _first_mentions(worked: Sum) -> list[int]:
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
    """Equations, with another sign (a wrong step) or another result; then arithmetic in code."""
    rng = source.rng("equation")
    worked = Sum.of(source)
    final = worked.final()
    found = []
    for index, which in _shuffled(list(worked.results.items()), rng)[:TRIED]:
        equation = worked.equations[which]
        steps = _shuffled(list(_other_signs(worked, index, equation)), rng)
        results = _other_results(worked, index, equation, rng)
        limit = 0 if source.severity == "subtle" else OFFERED // 2
        if offered := dict(_shuffled([*steps[:limit], *results], rng)):
            ask = "a wrong step instead of this equation"
            reaches = final and any(e.start == final.start for es in offered.values() for e in es)
            place = Place("equation", equation.left[0], equation.right[1], ask, offered)
            found.append((not reaches, place))
    for _, place in sorted(found, key=lambda pair: pair[0]):
        yield place
    yield from find_arithmetic(source, "equation")


def _other_results(
    worked: Sum, index: int, equation: Equation, rng: random.Random
) -> list[tuple[str, tuple[Edit, ...]]]:
    """The same step with another result, carried on."""
    values = wrong_values(worked.numbers[index].value, worked.source.severity, rng)
    found = _carried(worked, index, values, OFFERED // 2)
    return [(f"{equation.expression}={result}", edits) for result, edits in found.items()]


def _other_signs(
    worked: Sum, index: int, equation: Equation
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
            if decimals_of(value) > decimals_of(old) or not (edits := worked.carry(index, value)):
                continue
            written = worked.numbers[index].written(value)
            swaps = tuple(
                # Inside of a calculator mark signs are Python's.
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


def _shown_signs(worked: Sum, equation: Equation, position: int) -> list[int]:
    """Where the sign stands in the text: in the equation and, for a mark, in what leads to it.

    Empty where the text before a mark shows the step in words, which a swap would contradict.
    """
    text, (start, end) = worked.source.text, equation.left
    bare = [at for at in range(start, end) if text[at] not in " ,$€£"]
    inside = bare[position]
    if not equation.is_mark:
        return [inside]
    line = text.rfind("\n", 0, start) + 1
    operands = [n.text.replace(",", "") for n in worked.numbers if line <= n.start < start - 2]
    inner = re.findall(r"\d+\.?\d*|\.\d+", equation.expression)
    if not inner or operands[-len(inner) :] != inner:
        return []
    shown = [n for n in worked.numbers if line <= n.start < start - 2][-len(inner) :]
    before = len(re.findall(r"\d+\.?\d*|\.\d+", equation.expression[:position]))
    between = range(shown[before - 1].end, shown[before].start)
    found = [
        at
        for at in between
        if SIGNS.get(text[at], text[at]) == equation.expression[position]
        and (text[at] not in "xX" or not text[at - 1].isalpha())
    ]
    return [found[0], inside] if len(found) == 1 else []


def find_dates(source: Source) -> Iterator[Place]:
    """Years, centuries, months and weekdays."""
    rng = source.rng("date")
    found = []
    for match in source.words(YEAR):
        steps = YEARS[source.severity]
        if source.text.startswith("s", match.end()):  # "the 1970s" stay a decade
            steps = tuple(10 * (n // 4 or 1) for n in steps)
        years = {int(match[0]) + n for n in steps}
        found.append((match.span(), _shuffled([str(y) for y in sorted(years) if y < 2030], rng)))
    for match in source.words(CENTURY):
        near = [n for n in range(int(match[1]) - 3, int(match[1]) + 3) if 0 < n <= 21]
        others = [_ordinal(n) for n in _shuffled(near, rng) if n != int(match[1])]
        found.append((match.span(), others))
    for match in source.words(DATE_WORD):
        if match[0] in ("May", "March") and not re.search(r"\d|\bin $", _around(source, match)):
            continue
        names = (MONTHS if match[0] in MONTHS.split() else DAYS).split()
        found.append((match.span(), _shuffled([n for n in names if n != match[0]], rng)))
    rng.shuffle(found)
    for (start, end), others in found:
        yield source.closed("date", start, end, "another date", others)


def _around(source: Source, match: re.Match[str]) -> str:
    return source.text[max(0, match.start() - 3) : match.start()] + source.text[match.end() :][:4]


def _ordinal(number: int) -> str:
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10 * (number // 10 != 1), 'th') }"


def find_units(source: Source) -> Iterator[Place]:
    """Units of measurement after an amount."""
    rng = source.rng("unit")
    found = []
    for match in source.words(UNIT):
        before = source.text[max(0, match.start() - 10) : match.start(1)]
        if re.search(rf"{AMOUNT}[ -]?$", before):
            found.append((match.span(1), _shuffled(_other_units(match[1], source.severity), rng)))
    rng.shuffle(found)
    for (start, end), others in found:
        yield source.closed("unit", start, end, "another unit", others)


def _other_units(unit: str, severity: Severity) -> list[str]:
    """Units of the same kind; the neighbours in size unless the mistake is severe."""
    line = next(line.split() for line in UNITS if unit in line.split())
    at = line.index(unit)
    near = line if severity == "severe" else line[max(0, at - 1) : at + 2]
    return [word for word in near if word != unit]


def _shuffled(items: list[T], rng: random.Random) -> list[T]:
    return rng.sample(items, len(items))
