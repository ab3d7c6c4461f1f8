"""Means, and the warning when chosen gets less likely."""

from __future__ import annotations

import math

import pytest

pytest.importorskip("torch")

from seapo_cli.options import LossSettings
from seapo_cli.training.metrics import FallingChosen, RowMetrics, summarize

NAN = math.nan


def row(number: int, weight: float, loss: float, chosen: float, rejected: float) -> RowMetrics:
    return RowMetrics(number, weight, loss, -20.0, -30.0, chosen, rejected, chosen)


def test_means_over_all_rows_and_by_error_type() -> None:
    rows = [row(2, 1.0, 4.0, 1.0, 2.0), row(0, 3.0, 1.0, 3.0, 1.0), row(1, 1.0, 1.0, 0.0, NAN)]
    found = summarize(rows, ["factual", None, "logical"])
    assert found["loss"] == (4.0 + 3.0 + 1.0) / 5
    assert found["rewards/margins"] == 0.5
    assert found["rewards/accuracies"] == 0.5
    assert found["rewards/rejected"] == 1.5
    assert found["by_error_type"]["factual"]["rows"] == 1
    assert found["by_error_type"]["logical"]["rewards/margins"] == -1.0


def told(drift: float, fall: float, growth: float, **settings: float) -> list[str]:
    """Warnings over 40 steps in which chosen falls and the margin grows by so much a step."""
    watch, warnings = FallingChosen(LossSettings(**settings)), []
    for step in range(40):
        one = RowMetrics(0, 1.0, 0.5, -20 - fall * step, 0.0, 0.0, 0.0, drift * fall * step)
        figures = {"logps/chosen": one.logps_chosen, "rewards/margins": growth * step}
        warnings += filter(None, [watch.see([one], figures)])
    return warnings


@pytest.mark.parametrize("drift", [-1.0, NAN])
def test_warns_once_and_names_the_remedy(drift: float) -> None:
    (warning,) = told(drift, fall=0.2, growth=0.1)
    assert "--dpop" in warning
    assert "--sft" in warning


@pytest.mark.parametrize("drift", [-1.0, NAN])
def test_is_silent_where_chosen_holds_or_the_margin_does_not_grow(drift: float) -> None:
    assert not told(drift, fall=0.0, growth=0.1)
    assert not told(drift, fall=0.2, growth=-0.1)
