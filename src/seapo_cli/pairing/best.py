"""Which of a prompt's answers is the best, and which the worst: by a number, or by the judge."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from seapo_cli.engine.gateway import Gateway
from seapo_cli.engine.ordered import ordered_map
from seapo_cli.engine.pipeline import WINDOW_PER_REQUEST
from seapo_cli.exceptions import RowError
from seapo_cli.mistakes.judge import compare
from seapo_cli.options import PairSettings
from seapo_cli.pairing.candidates import Group, draw


@dataclass(frozen=True, slots=True)
class Extremes:
    """The best and the worst answer to a prompt; the same one where none is better."""

    best: str
    worst: str


def by_value(group: Group, settings: PairSettings) -> Extremes:
    """The answers with the highest and lowest score or log-probability."""

    def key(number: int) -> tuple[float, int]:
        candidate = group.candidates[number]
        assert candidate.value is not None
        return candidate.value, draw(settings.seed, "best", group.prompt, candidate.response)

    ranked = sorted(range(len(group.candidates)), key=key)
    best, worst = group.candidates[ranked[-1]], group.candidates[ranked[0]]
    level = best.value == worst.value
    return Extremes(best.response, best.response if level else worst.response)


class Verdicts:
    """What the judge found, kept on disk until the pairs are made."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        database.execute("CREATE TABLE verdicts (number INTEGER PRIMARY KEY, best, worst)")

    def add(self, group: Group, found: Extremes) -> None:
        """Keep the verdict on one prompt."""
        values = group.number, found.best, found.worst
        self._database.execute("INSERT INTO verdicts VALUES (?, ?, ?)", values)

    def of(self, group: Group) -> Extremes | None:
        """The verdict on a prompt; None where the judge could not say."""
        query = "SELECT best, worst FROM verdicts WHERE number = ?"
        found = self._database.execute(query, (group.number,)).fetchone()
        return Extremes(*found) if found else None


async def judged(
    groups: Iterable[Group], settings: PairSettings, gateway: Gateway
) -> AsyncIterator[list[tuple[Group, Extremes | RowError]]]:
    """The judge's verdict on each prompt, or why there is none, in order."""

    async def work(group: Group) -> tuple[Group, Extremes | RowError]:
        try:
            return group, await _judge(group, settings, gateway)
        except RowError as error:
            return group, error

    async def source() -> AsyncIterator[list[Group]]:
        for group in groups:
            yield [group]

    window = WINDOW_PER_REQUEST * gateway.concurrency
    async for found in ordered_map(source(), work, window):
        yield found


async def _judge(group: Group, settings: PairSettings, gateway: Gateway) -> Extremes:
    """Each answer challenges the best one so far, and the worst one so far where that counts."""
    answers = sorted(
        {candidate.response for candidate in group.candidates},
        key=lambda answer: draw(settings.seed, "best", group.prompt, answer),
    )

    async def better(first: str, second: str) -> bool:
        row = group.candidates[0].row
        found = await compare(row.messages, first, second, gateway, group.line, tools=row.tools)
        return found.better == "first"

    best = worst = answers[0]
    for answer in answers[1:]:
        if await better(answer, best):
            best = answer
        elif settings.strategy == "vanilla" and await better(worst, answer):
            worst = answer
    return Extremes(best, worst)
