"""Places that hold dates and units of measurement."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import TypeVar

from seapo_cli.mistakes.base import Severity
from seapo_cli.mistakes.menu.source import Place, Source

T = TypeVar("T")

YEARS: dict[Severity, tuple[int, ...]] = {
    "subtle": (-3, -2, -1, 1, 2, 3),
    "moderate": (-18, -14, -11, -7, -4, 4, 6, 9, 12, 17),
    "severe": (-130, -100, -70, -52, -40, 40, 60, 80, 100),
}
YEAR = re.compile(r"(?<![\d.,$€£/])(?<!(?<!\d{4})-)(?:1[0-9]|20)\d\d(?=s?\b)(?![,.]\d|/\d| ?%)")
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


def shuffled(items: list[T], rng: random.Random) -> list[T]:
    return rng.sample(items, len(items))


def find_dates(source: Source) -> Iterator[Place]:
    """Years, centuries, months and weekdays."""
    rng = source.rng("date")
    found = []
    for match in source.words(YEAR):
        steps = YEARS[source.severity]
        if source.text.startswith("s", match.end()):  # "the 1970s" stay a decade
            steps = tuple(10 * (n // 4 or 1) for n in steps)
        years = {int(match[0]) + n for n in steps}
        found.append((match.span(), shuffled([str(y) for y in sorted(years) if y < 2030], rng)))
    for match in source.words(CENTURY):
        near = [n for n in range(int(match[1]) - 3, int(match[1]) + 3) if 0 < n <= 21]
        others = [_ordinal(n) for n in shuffled(near, rng) if n != int(match[1])]
        found.append((match.span(), others))
    for match in source.words(DATE_WORD):
        if match[0] in ("May", "March") and not re.search(r"\d|\bin $", _around(source, match)):
            continue
        names = (MONTHS if match[0] in MONTHS.split() else DAYS).split()
        found.append((match.span(), shuffled([n for n in names if n != match[0]], rng)))
    rng.shuffle(found)
    for (start, end), others in found:
        if not source.is_given(start, end):
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
            found.append((match.span(1), shuffled(_other_units(match[1], source.severity), rng)))
    rng.shuffle(found)
    for (start, end), others in found:
        yield source.closed("unit", start, end, "another unit", others)


def _other_units(unit: str, severity: Severity) -> list[str]:
    """Units of the same kind; the neighbours in size unless the mistake is severe."""
    line = next(line.split() for line in UNITS if unit in line.split())
    at = line.index(unit)
    near = line if severity == "severe" else line[max(0, at - 1) : at + 2]
    return [word for word in near if word != unit]
