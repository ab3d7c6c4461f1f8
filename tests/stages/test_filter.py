"""Choosing checks, sorting rows, counting, users' own checks."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any

import pytest

from check_pairs import pair
from seapo_cli import checks, filter_rows
from seapo_cli.checks.base import PASS, Check, Verdict, failed
from seapo_cli.checks.choose import choose
from seapo_cli.checks.pair import CheckedPair
from seapo_cli.checks.report import FilterReport
from seapo_cli.engine.pipeline import finished
from seapo_cli.exceptions import UsageError
from seapo_cli.options import FilterSettings
from seapo_cli.rows import Keys, read_row
from seapo_cli.stages.filter import make_filter

ROW = {"id": "1", "prompt": "Capital of Sweden?", "response": "It is Stockholm."}
KEPT = ROW | {"negative": "It is Oslo.", "error": {"type": "factual"}, "mine": 1}


def names(**values: Any) -> list[str]:
    return [check.name for check in choose(FilterSettings(**values))]


def test_presets_and_single_checks() -> None:
    default = names()
    assert default[0] == "changed"
    assert default[-1] == "duplicates"
    assert not {"judge", "tests", "plausibility"} & set(default)
    assert names(preset="none") == []
    assert names(preset="none", checks=("length", "changed")) == ["changed", "length"]
    assert names(without=("length",)) == [name for name in default if name != "length"]
    assert names(preset="strict") == default


def test_options_come_from_preset_and_user() -> None:
    def option(**values: Any) -> Any:
        found = {check.name: check for check in choose(FilterSettings(**values))}
        return found["similarity"].min, found["answer"].spared  # type: ignore[attr-defined]

    given = ["similarity.min=0.4", "answer.spared=style, mine"]
    assert option()[0] == 0.2
    assert option(preset="strict")[0] == 0.5
    assert option(preset="strict", options=given) == (0.4, ("style", "mine"))


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"checks": ("lenght",)}, "no check 'lenght'"),
        ({"without": ("x",)}, "take one of changed"),
        ({"options": {"length": {"low": "1"}}}, "length.low: no such option; there are: min"),
        ({"options": {"length": {"min": "much"}}}, "--set length.min: "),
    ],
)
def test_wrong_settings_are_usage_errors(values: dict[str, Any], named: str) -> None:
    with pytest.raises(UsageError, match=named):
        choose(FilterSettings(**values))
    for text in ("length", "length=1", "length.min", ".min=1"):
        with pytest.raises(UsageError, match=r"CHECK\.OPTION=VALUE"):
            FilterSettings.checked(options=[text])


def test_a_kept_and_a_rejected_row() -> None:
    stage = make_filter(FilterSettings(), Keys())
    assert not stage.slow
    kept, rejected, broken = (
        finished(stage.process(read_row(row), None))
        for row in (KEPT, KEPT | {"negative": "It is Stockholm!"}, ROW)
    )
    (row,) = kept.rows
    assert {key: row[key] for key in KEPT} == KEPT
    assert row["checks"]["changed"] == {"verdict": "pass"}
    assert set(row) == {*KEPT, "checks"}
    (row,) = rejected.rejected
    assert row["checks"]["changed"]["reason"] == "the negative equals the response"
    assert "duplicates" not in row["checks"], "what is not kept must not hide a good row"
    assert "--negative-key" in broken.failures[0].reason
    figures = stage.summary()
    assert figures["types"] == {"factual": {"rows": 2, "kept": 1}}
    assert figures["checks"]["changed"]["rejected_by_type"] == {"factual": 1}
    assert figures["checks"]["length"]["not_applicable"] == 2


def test_answers_without_a_negative_by_checks_that_need_none() -> None:
    row = {"prompt": "6 * 7?", "response": "6 * 7 = 42", "reference": "So 6*7 = 42\n#### 42"}
    rows = [row, row | {"response": "6 * 7 = 41"}, row | {"reference": None}]
    stage = make_filter(FilterSettings(preset="none", checks=("right", "tests")), Keys())
    kept, wrong, unknown = (finished(stage.process(read_row(one), None)) for one in rows)
    assert kept.rows[0]["checks"]["right"] == {"verdict": "pass", "value": "42"}
    assert kept.rows[0]["checks"]["tests"]["verdict"] == "skip"
    assert wrong.rejected[0]["checks"]["right"]["value"] == "41"
    assert unknown.rows[0]["checks"]["right"]["verdict"] == "skip"
    for settings in ({"checks": ("right",)}, {"preset": "none"}):
        with_more = make_filter(FilterSettings.checked(**settings), Keys())
        (failure,) = finished(with_more.process(read_row(row), None)).failures
        assert "no negative" in failure.reason


class Shouting(Check):
    """A user's own check."""

    name = "shouting"
    about = "Nobody shouts."
    most: int = 0

    def verdict(self, pair: CheckedPair) -> Verdict:
        return failed("it shouts") if pair.negative.count("!") > self.most else PASS


def test_users_own_checks_are_entry_points(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [EntryPoint("mine", "own_checks:Shouting", checks.GROUP)]
    monkeypatch.setattr(EntryPoint, "load", lambda _: Shouting)
    monkeypatch.setattr(checks, "entry_points", lambda group: points if group else [])
    assert names()[-1] == "shouting"
    options = {"shouting": {"most": "1"}}
    (check,) = choose(FilterSettings(preset="none", checks=("shouting",), options=options))
    assert isinstance(check, Shouting)
    assert check.verdict(pair("a", "b!")) == PASS
    assert check.verdict(pair("a", "b!!")).decision == "fail"
    monkeypatch.setattr(EntryPoint, "load", lambda _: "no check")
    with pytest.raises(UsageError, match="own_checks:Shouting: not a subclass"):
        choose(FilterSettings())


def test_slow_checks_make_a_slow_filter() -> None:
    judge = make_filter(FilterSettings(checks=("judge",)), Keys())
    tests = make_filter(FilterSettings(checks=("tests",)), Keys())
    assert judge.slow
    assert tests.slow
    assert tests.at_once > 1
    assert (judge.asks_model, tests.asks_model) == (True, False)
    assert not judge.warnings
    assert "isolated" in tests.warnings[0] or "nothing isolates" in tests.warnings[0]


def test_the_library_streams_rows() -> None:
    rejected: list[dict[str, Any]] = []
    failures: list[str] = []
    rows = [KEPT, KEPT | {"negative": ""}, ROW, KEPT | {"negative": "It is Malmö."}]
    found = filter_rows(
        iter(rows),
        on_rejected=rejected.append,
        on_failure=lambda _, failure: failures.append(failure.reason),
    )
    assert [row["negative"] for row in found] == ["It is Oslo.", "It is Malmö."]
    assert [row["negative"] for row in rejected] == [""]
    assert len(failures) == 1


def test_the_library_runs_tests_without_a_model() -> None:
    rows = [
        {
            "prompt": "p",
            "response": "x = 1",
            "negative": f"x = {n}",
            "test_list": ["assert x == 1"],
        }
        for n in (1, 2)
    ]
    settings = FilterSettings(preset="none", checks=("tests",))
    assert [row["negative"] for row in filter_rows(rows, settings)] == ["x = 2"]


def test_many_error_types_do_not_grow_the_report() -> None:
    report = FilterReport(["changed"])
    for number in range(3000):
        report.add(f"type {number}", {"changed": PASS}, kept=True)
    assert len(report.summary()["types"]) == 1001
    assert report.table().count("\n") == 2
