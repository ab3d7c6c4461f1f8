"""Pairs of every format as items; samples of many by prompt."""

from __future__ import annotations

import random
from typing import Any

import pytest

from pairing.made import many
from seapo_cli import pair
from seapo_cli.formats import FORMATS
from seapo_cli.formats.reader import read_pair
from seapo_cli.options import PairSettings
from seapo_cli.stages.audit.gather import Gather, Item


def gathered(rows: list[dict[str, Any]], limit: int = 1000) -> tuple[list[Item], Gather]:
    gather = Gather(limit)
    for number, row in enumerate(rows):
        gather.add(read_pair(row, f"file.jsonl:{number}"))
    return gather.items(), gather


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_pairs(name: str) -> None:
    rows = many(12)
    settings = PairSettings(format=name, strategy="all", provenance=True)
    items, gather = gathered(list(pair(rows, settings)))
    wanted = {(row["response"], row["negative"]) for row in rows}
    assert {(item.chosen, item.rejected) for item in items} == wanted
    assert len(items) == len(wanted) == 36
    assert len({item.prompt for item in items}) == 12
    assert {item.error_type for item in items} == {"factual", "logical", "hallucination"}
    assert gather.unmatched == 0


def test_rows_of_inject() -> None:
    items, _ = gathered([row | {"source": "dolly"} for row in many(2)])
    assert {item.source for item in items} == {"dolly"}
    assert {item.source for item in gathered(many(1))[0]} == {"file.jsonl"}


def test_judged_answers_are_matched_by_likeness() -> None:
    asked = {"prompt": "Q?"}
    rows = [asked | {"completion": text, "label": True} for text in ("red apples", "blue seas")]
    rows += [asked | {"completion": "blue skies", "label": False}]
    rows += [{"prompt": "P?", "completion": "alone", "label": False}]
    rows += [{"prompt": "R?", "completion": "alone", "label": True}]
    items, gather = gathered(rows)
    assert [(item.chosen, item.rejected) for item in items] == [("blue seas", "blue skies")]
    assert gather.unmatched == 2


def test_of_many_pairs_whole_prompts_are_drawn_whatever_the_order() -> None:
    rows = many(200)
    items, gather = gathered(rows, limit=90)
    assert len(items) <= 90
    assert len(items) > 60
    assert gather.left_out == 600 - len(items)
    assert len(items) == 3 * len({item.prompt for item in items})
    random.Random(0).shuffle(rows)
    assert set(gathered(rows, limit=90)[0]) == set(items)
