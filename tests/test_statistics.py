"""Statistics against scipy, closed forms and brute force."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from seapo_cli.statistics import (
    auc,
    bootstrap,
    detectable_share,
    difference,
    estimate,
    holm,
    mcnemar,
    mean,
    scaled_mean,
)

Array = np.ndarray[Any, Any]
RNG = np.random.default_rng(3)


def margins(count: int, shift: float = 0.0) -> tuple[Array, Array]:
    common = RNG.normal(size=count)
    return common + RNG.normal(size=count), common + RNG.normal(size=count) + shift


def test_independent_items_give_the_paired_t_test() -> None:
    one, other = margins(50, 0.2)
    found = difference(mean(one), mean(other), np.arange(50))
    expected = stats.ttest_rel(other, one)
    assert found.value == pytest.approx((other - one).mean())
    assert found.p_value == pytest.approx(expected.pvalue)
    assert found.interval() == pytest.approx(tuple(expected.confidence_interval()))


def test_copies_of_an_item_add_nothing() -> None:
    one, other = margins(40, 0.3)
    alone = difference(mean(one), mean(other), np.arange(40))
    thrice = difference(
        mean(np.repeat(one, 3)), mean(np.repeat(other, 3)), np.repeat(np.arange(40), 3)
    )
    assert thrice.error == pytest.approx(alone.error)
    assert thrice.p_value == pytest.approx(alone.p_value)


def test_one_cluster_says_nothing() -> None:
    one, other = margins(10)
    found = difference(mean(one), mean(other), np.zeros(10))
    assert found.p_value == 1
    assert bootstrap(mean, one, other, np.zeros(10))[0] == 1


def test_scaled_mean_does_not_see_sharpness() -> None:
    one, _ = margins(60)
    found = difference(scaled_mean(one), scaled_mean(7 * one), np.arange(60))
    assert (found.value, found.error, found.p_value) == (0, 0, 1)
    assert scaled_mean(np.full(5, 0.25)).value == 0


@pytest.mark.parametrize("figure", [mean, scaled_mean])
def test_errors_are_those_of_the_jackknife(figure: Any) -> None:
    values = RNG.normal(0.4, 1, size=400)
    clusters = np.repeat(np.arange(100), 4)
    left_out = [figure(values[clusters != one]).value for one in range(100)]
    jackknife = np.sqrt(99 / 100 * np.sum((np.array(left_out) - np.mean(left_out)) ** 2))
    assert estimate(figure(values), clusters).error == pytest.approx(jackknife, rel=0.02)


def test_auc_is_mann_whitneys() -> None:
    chosen, rejected = np.round(RNG.normal(0.5, 1, 80), 1), np.round(RNG.normal(0, 1, 80), 1)
    found = auc(chosen, rejected)
    u = stats.mannwhitneyu(chosen, rejected).statistic
    assert found.value == pytest.approx(u / 80**2)
    left_out = []
    for one in range(80):
        kept = np.arange(80) != one
        left_out.append(auc(chosen[kept], rejected[kept]).value)
    jackknife = np.sqrt(79 / 80 * np.sum((np.array(left_out) - np.mean(left_out)) ** 2))
    assert estimate(found, np.arange(80)).error == pytest.approx(jackknife, rel=0.02)


def test_mcnemar_is_the_binomial_test() -> None:
    one = np.array([1] * 40 + [1] * 9 + [0] * 3 + [0] * 20)
    other = np.array([1] * 40 + [0] * 9 + [1] * 3 + [0] * 20)
    found = mcnemar(one, other)
    assert (found.gained, found.lost) == (3, 9)
    assert found.p_value == pytest.approx(2 * stats.binom.cdf(3, 12, 0.5))
    assert mcnemar(one, one).p_value == 1


def test_bootstrap_agrees_with_the_t_test() -> None:
    one, other = margins(120, 0.2)
    p, (low, high) = bootstrap(mean, one, other, np.arange(120))
    expected = stats.ttest_rel(other, one)
    assert p == pytest.approx(expected.pvalue, abs=0.04)
    interval = expected.confidence_interval()
    assert (low, high) == pytest.approx((interval.low, interval.high), abs=0.03)


def test_bootstrap_does_not_mind_the_order_of_items() -> None:
    one, other = margins(60, 0.4)
    clusters = np.arange(60) // 3
    shuffled = RNG.permutation(60)
    p, _ = bootstrap(scaled_mean, one, other, clusters)
    again, _ = bootstrap(scaled_mean, one[shuffled], other[shuffled], clusters[shuffled])
    assert p == pytest.approx(again, abs=1e-9)
    names = np.array([f"q{n}" for n in RNG.permutation(60)])
    alone, _ = bootstrap(mean, one, other, names)
    assert alone == pytest.approx(stats.ttest_rel(other, one).pvalue, abs=0.02)


def test_holm() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1, 1]
    assert holm([]) == []


def test_the_smallest_difference_of_the_notes() -> None:
    """418 questions at 10% discordance: 4.3 points."""
    one = np.zeros(418)
    other = np.zeros(418)
    one[:21], other[21:42] = 1, 1
    assert detectable_share(one, other, np.arange(418)) == pytest.approx(0.0434, abs=0.0005)
    assert 0.01 < detectable_share(one, one, np.arange(418)) < 0.02


def test_the_smallest_difference_is_found_by_80_percent() -> None:
    found = 0
    for _ in range(400):
        noise = RNG.normal(size=(2, 100))
        error = np.sqrt(2 / 100)
        seen = difference(mean(noise[0]), mean(noise[1] + 2.8016 * error), np.arange(100))
        found += seen.p_value < 0.05
    assert 0.73 < found / 400 < 0.87
