"""Every figure of an audit, on sets small enough to count by hand; and what chance gives."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest

from seapo_cli.stages.audit.baselines import baselines
from seapo_cli.stages.audit.classify import cross_validate, folds
from seapo_cli.stages.audit.features import FORM, features
from seapo_cli.stages.audit.gather import Item
from seapo_cli.stages.audit.report import AuditReport, Part, audit
from seapo_cli.stages.audit.telling import telling_words
from seapo_cli.statistics import share, wilson

VOCABULARY = "river stone cloud paper green seven walks under bright quiet money train".split()


def sentence(rng: random.Random, words: int = 8) -> str:
    return " ".join(rng.choice(VOCABULARY) for _ in range(words)) + "."


def alike(count: int, seed: int = 0, per_prompt: int = 1) -> list[Item]:
    """Pairs whose sides are drawn alike: nothing can tell them apart."""
    rng = random.Random(seed)
    return [
        Item(n // per_prompt, sentence(rng), sentence(rng), "factual", "made") for n in range(count)
    ]


def planted(count: int, seed: int = 0, cross_validate: str = "allegedly") -> list[Item]:
    """The same, but one word of each rejected side gives it away."""
    rng = random.Random(seed)
    found = []
    for item in alike(count, seed):
        words = item.rejected.split()
        words[rng.randrange(len(words) - 1)] = cross_validate
        found.append(Item(item.prompt, item.chosen, " ".join(words), "factual", "made"))
    return found


def by_name(parts: Sequence[Part]) -> dict[str, Part]:
    return {f"{part.by} {part.name}": part for part in parts}


def test_every_figure_of_a_small_set() -> None:
    """20 prompts: 12 pairs get ` indeed` before the full stop, 8 lose `old `; two of each source.

    Chosen is shorter in 12 of 20; `indeed` stands on 12 rejected sides, `old` on 8 chosen ones.
    """
    added = [
        Item(n, f"The old town has {n} gates.", f"The old town has {n} gates indeed.", "more", "a")
        for n in range(12)
    ]
    lost = [
        Item(n, f"The old town has {n} gates.", f"The town has {n} gates.", "less", "b")
        for n in range(12, 20)
    ]
    parts = by_name(audit([*added, *lost]))
    assert list(parts) == ["all all", "type less", "type more", "source a", "source b"]
    whole = parts["all all"]
    assert (whole.pairs, whole.prompts) == (20, 20)
    assert whole.shorter_right.value == pytest.approx(12 / 20)
    # Wilson's interval of 12 in 20, as statistical tables give it.
    assert (whole.shorter_right.low, whole.shorter_right.high) == pytest.approx(
        (0.387, 0.781), abs=1e-3
    )
    # `old` is 4 characters into 26; `indeed` comes before the last character.
    assert whole.changed_at == {"start": 8 / 20, "middle": 0.0, "end": 12 / 20}
    ratios = [32 / 25] * 10 + [33 / 26] * 2 + [22 / 26] * 8
    assert whole.length_ratio == pytest.approx(np.median(ratios))
    assert whole.accuracy is not None
    assert whole.accuracy.value == 1.0
    assert whole.p_value == pytest.approx(1 / 201)
    assert whole.told_apart
    counts = {word.text: (word.chosen, word.rejected) for word in whole.words}
    assert counts["indeed"] == (0, 12)
    assert parts["type less"].accuracy is None, "8 prompts are too few"
    assert parts["type more"].shorter_right.value == 1.0
    assert parts["source b"].shorter_right.value == 0.0
    rules = whole.baselines
    assert (rules["word"].rule, rules["word"].side) == ("indeed", "rejected")
    # The rule `indeed is wrong` finds its 12, the others are ties.
    assert rules["word"].accuracy.value == pytest.approx((12 + 8 / 2) / 20)
    assert (rules["position"].rule, rules["position"].side) == ("text at the end", "rejected")
    assert rules["position"].accuracy.value == pytest.approx((12 + 8 / 2) / 20)
    assert rules["format"].accuracy.value == 0.5, "no mark or digit differs"


def test_z_of_a_word_is_that_of_swapped_prompts() -> None:
    """Two pairs of a prompt swap together: 15 prompts of two pairs each are 15 draws."""
    items = [Item(n // 2, "It is so.", "It is not so.") for n in range(30)]
    found = {word.text: word for word in telling_words(features(items))}
    word = found["not"]
    assert (word.chosen, word.rejected) == (0, 30)
    assert word.z == pytest.approx(-30 / np.sqrt(15 * 2**2))


def test_intervals() -> None:
    assert wilson(0.5, 100).low == pytest.approx(0.4038, abs=1e-4)
    alone, together = np.arange(40), np.arange(40) // 2
    outcomes = np.repeat([0.0, 1.0], 20)
    assert share(outcomes, alone).low == pytest.approx(wilson(0.5, 40).low, abs=1e-9)
    assert share(outcomes, together).low < share(outcomes, alone).low - 0.02
    assert share(np.ones(40), together).low == pytest.approx(wilson(1.0, 20).low)


def test_pairs_of_a_prompt_stay_in_one_fold() -> None:
    prompts = np.arange(60) // 3
    tested: list[int] = []
    for train, test in folds(prompts, 0):
        assert not set(prompts[train]) & set(prompts[test])
        tested += test.tolist()
    assert sorted(tested) == list(range(60))


def test_a_planted_word_is_found() -> None:
    (whole,) = audit(planted(200))
    assert whole.accuracy is not None
    assert whole.accuracy.value > 0.97
    assert whole.words[0].text == "allegedly"
    assert (whole.words[0].chosen, whole.words[0].rejected) == (0, 200)
    assert whole.baselines["word"].accuracy.value == 1.0


@pytest.mark.parametrize("per_prompt", [1, 4])
def test_chance_gives_what_the_band_says(per_prompt: int) -> None:
    """Over sets without any difference: the mean is one half, and p is as small as it says."""
    found = [cross_validate(features(alike(60, seed, per_prompt)), seed, 50) for seed in range(40)]
    accuracies = [one.accuracy for one in found if one]
    small = sum(one.p_value <= 0.1 for one in found if one)
    assert len(accuracies) == 40
    assert np.mean(accuracies) == pytest.approx(0.5, abs=0.03)
    assert small <= 10, "4 are expected; 11 or more are seen in 1 of 600 such tests"


def test_swapping_all_sides_changes_no_figure_but_the_sign() -> None:
    items = planted(60)
    swapped = [Item(i.prompt, i.rejected, i.chosen, i.error_type, i.source) for i in items]
    one, other = cross_validate(features(items)), cross_validate(features(swapped))
    assert one is not None
    assert other is not None
    assert one.accuracy == pytest.approx(other.accuracy)
    assert np.allclose(features(items).form, -features(swapped).form)


def test_identical_sides_and_texts_without_a_token_are_ties() -> None:
    for text in ("the same", " \t "):
        (whole,) = audit([Item(n, text, text) for n in range(20)])
        assert whole.accuracy is not None
        assert (whole.accuracy.value, whole.p_value) == (0.5, 1.0)
        assert whole.shorter_right.value == 0.5
        assert not whole.words


def test_other_scripts_have_words_too() -> None:
    items = [Item(n, f"北京有{n}座城门。", f"据说北京有{n}座城门。") for n in range(40)]
    (whole,) = audit(items)
    assert whole.words[0].text in ("据", "据 说", "说")
    assert whole.accuracy is not None
    assert whole.accuracy.value == 1.0


def test_form_counts() -> None:
    text = "One, two!\nThree 34 (x)."
    counts = {name: count(text) for name, count in FORM.items()}
    wanted = {"characters": 23, "words": 5, "line breaks": 1, "sentence ends": 2, "digits": 2}
    wanted |= {"capitals": 2, "a mark at the end": 1, ",": 1, "!": 1, "(": 1, ".": 1, "?": 0}
    assert {name: counts[name] for name in wanted} == wanted


def test_few_prompts_are_not_measured() -> None:
    assert cross_validate(features(alike(9))) is None
    assert baselines(features(alike(9))) == {}
    report = AuditReport(audit(alike(9)), 0, 0)
    assert "too few prompts" in report.summary_text()
    assert "too few prompts" in (report.complaint(0.7) or "")
    assert "too few prompts" in (AuditReport([], 0, 0).complaint(0.7) or "")


def test_the_limit_counts_only_above_chance() -> None:
    """Among 12 pairs chance alone reaches 0.7 now and then."""
    (part,) = audit(planted(200))
    assert part.above(0.7)
    assert not part.above(1.0)
    assert AuditReport([part], 0, 0).complaint(0.7) is not None
    assert AuditReport(audit(alike(400)), 0, 0).complaint(0.7) is None
