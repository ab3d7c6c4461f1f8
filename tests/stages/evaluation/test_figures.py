"""Figures of results, and comparisons of two models."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from seapo_cli.stages.evaluation.compare import adjusted, compare
from seapo_cli.stages.evaluation.figures import parts
from seapo_cli.stages.evaluation.items import Item
from seapo_cli.statistics import mcnemar

RNG = np.random.default_rng(5)


def results(margins: Any, tokens: int = 4, cluster: int = 1) -> list[tuple[Item, dict[str, Any]]]:
    """Results of pairs with these mean margins; neighbours share a cluster."""
    found = []
    for line, margin in enumerate(map(float, margins), 1):
        kind = ("factual", "logical")[line % 2]
        labels = {"type": kind, "source": "one"}
        item = Item(line, str(line), f"c{line // cluster:04}", {}, labels=labels)
        chosen = {"sum": -2.0 * tokens, "tokens": tokens}
        rejected = {"sum": (-2.0 - margin) * tokens, "tokens": tokens}
        right = (1 + np.sign(margin)) / 2
        found.append(
            (item, {"right": right, "margin": margin, "chosen": chosen, "rejected": rejected})
        )
    return found


def test_parts_by_type_and_nothing_by_an_only_source() -> None:
    found = parts(results([1.0, -1.0, 2.0, 0.5]))
    assert [part.group for part in found] == [
        ("all", "all"),
        ("type", "factual"),
        ("type", "logical"),
    ]
    whole = found[0].figures
    assert whole["right"].value == 0.75
    assert whole["margin"].value == pytest.approx(0.625)
    assert whole["chosen"].value == -2
    assert found[1].items == found[2].items == 2


def test_a_sharper_model_is_not_a_better_one() -> None:
    """What the first trial warns of: the raw margin grows, and nothing else does."""
    margins = RNG.normal(0.3, 1, 200)
    base, sharper = results(margins), results(3 * margins)
    assert parts(sharper)[0].figures["margin"].value > 2 * parts(base)[0].figures["margin"].value
    found = {one.outcome: one for one in compare("pairs", ("base", base), ("sharper", sharper))}
    assert set(found) == {"right", "scaled_margin", "auc"}
    assert found["right"].difference == found["scaled_margin"].difference == 0
    assert found["right"].p_value == found["scaled_margin"].p_value == 1


def test_a_better_one_is_found() -> None:
    margins = RNG.normal(0.0, 1, 300)
    found = compare("pairs", ("base", results(margins)), ("better", results(margins + 0.8)))
    for one in found:
        assert one.difference > 0
        assert one.p_value < 0.01
        assert one.interval[0] > 0
        assert one.detectable < one.difference
    assert found[0].test == "exact McNemar"
    assert found[0].discordant is not None
    assert found[0].discordant.lost == 0


def test_the_exact_test_is_for_independent_items() -> None:
    one, other = RNG.normal(0, 1, 60), RNG.normal(0.2, 1, 60)
    found = compare("p", ("a", results(one, cluster=3)), ("b", results(other, cluster=3)))[0]
    assert found.test == "clustered t"
    assert found.clusters == 21
    assert found.p_value != mcnemar(one > 0, other > 0).p_value
    assert found.dump()["gained"] == found.discordant.gained  # type: ignore[union-attr]


def test_only_items_that_both_have_are_compared() -> None:
    margins = RNG.normal(0, 1, 30)
    some = [one for one in results(margins) if one[0].line % 3]
    found = compare("p", ("a", results(margins)), ("b", some))
    assert {one.items for one in found} == {20}
    assert {one.difference for one in found} == {0}
    assert compare("p", ("a", results(margins)), ("b", [])) == []


def test_holm_is_over_the_tasks_of_an_outcome() -> None:
    margins = RNG.normal(0, 1, 80)
    first, second = ("a", results(margins)), ("b", results(margins + RNG.normal(0.3, 0.5, 80)))
    same = ("b", first[1])
    found = adjusted([*compare("one", first, second), *compare("two", first, same)])
    by = {(one.task, one.outcome): one for one in found}
    for outcome in ("right", "scaled_margin", "auc"):
        assert by["one", outcome].holm == pytest.approx(min(1, 2 * by["one", outcome].p_value))
        assert by["two", outcome].holm == 1
