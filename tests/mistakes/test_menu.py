"""Menu mode as a generator: what it asks, what it accepts, and what it refuses."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planned import chooser, drive, edit, first, offered, says, spans, task
from seapo_cli.completions import Completion, Request
from seapo_cli.exceptions import InjectionError, UsageError
from seapo_cli.mistakes.base import Severity
from seapo_cli.mistakes.error_types import ErrorType, error_types
from seapo_cli.mistakes.menu.kinds import check_places
from seapo_cli.mistakes.menu.mode import check, steps
from seapo_cli.text.spans import apply_edits, disjoint
from specimens import ANSWERS, PROSE, PYTHON, STORY

REACHED = ("story", "prose", "python", "markdown", "c", "table")
"""Answers with numbers, units, dates or operators."""


@pytest.mark.parametrize("name", REACHED)
def test_a_model_that_only_chooses_makes_negatives(name: str) -> None:
    response = ANSWERS[name]
    run = drive(steps(task(response, "factual")), chooser())
    found = run.injection
    assert found.negative == apply_edits(response, found.edits) != response
    assert disjoint(found.edits)
    assert len(run.requests) == 1


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 4))
def test_several_mistakes_stay_apart(seed: int, count: int) -> None:
    run = drive(steps(task(PROSE, "factual", edits=count, seed=seed)), chooser(seed))
    assert 1 <= len(run.requests) <= count
    assert disjoint(run.injection.edits)
    assert apply_edits(PROSE, run.injection.edits) == run.injection.negative


def test_the_same_seed_asks_the_same_and_another_one_not() -> None:
    def asked(seed: int) -> list[Request]:
        return drive(steps(task(PROSE, "factual", seed=seed, edits=2)), chooser()).requests

    assert asked(1) == asked(1)
    assert len({asked(seed)[0].messages for seed in range(8)}) > 2


def test_requests_are_greedy_first_and_differ_after() -> None:
    requests: list[Request] = []

    def nonsense(request: Request) -> Completion:
        requests.append(request)
        return Completion(text="no JSON")

    with pytest.raises(InjectionError, match="menu: the model chose none of the values"):
        drive(steps(task(PROSE, "factual", attempts=3)), nonsense)
    assert [r.sampling.temperature for r in requests] == [0.0, 0.9, 0.9]
    assert len({spans([r])[0] for r in requests}) == 3


def test_the_choice_is_read_from_around_prose() -> None:
    def chatty(request: Request) -> Completion:
        return Completion(text=f"Sure!\n```json\n{edit(offered(request)[1].upper())}\n```")

    assert drive(steps(task(STORY, "factual")), chatty).injection.edits


def test_a_wrong_step_reaches_the_final_answer() -> None:
    for seed in range(12):
        found = drive(steps(task(STORY, "logical", seed=seed)), first).injection
        assert not found.negative.endswith("#### 72")


@pytest.mark.parametrize("severity", ["subtle", "moderate", "severe"])
def test_the_prompt_says_how_far_off(severity: Severity) -> None:
    run = drive(steps(task(PROSE, "factual", severity=severity)), first)
    word = {"subtle": "slight", "moderate": "clear", "severe": "grave"}[severity]
    assert word in spans(run.requests)[0]


def test_what_the_conversation_states_is_not_offered() -> None:
    prompt = "Which river is 6,400 kilometers long, and who sailed it in 1542?"
    places = set()
    for seed in range(20):
        run = drive(steps(task(PROSE, "factual", seed=seed, prompt=prompt)), first)
        places |= {change.original for change in run.injection.edits}
    assert places
    assert not places & {"6,400", "1542"}


@pytest.mark.parametrize("name", ["style", "hallucination", "entity"])
def test_types_beyond_a_menu_are_refused_in_one_line(name: str) -> None:
    with pytest.raises(UsageError, match=f"^{name}: too much for mode menu: take a model"):
        check(error_types()[name])


def test_unknown_kinds_of_places_are_refused() -> None:
    own = ErrorType(name="own", description="x", guidance="y", places=("planet",), source="")
    with pytest.raises(UsageError, match="no kind of place 'planet': take from equation"):
        check_places(own)


def test_an_answer_without_a_place_is_refused() -> None:
    with pytest.raises(InjectionError, match="nothing here that mode menu could change"):
        drive(steps(task("Yes, she likes it.", "factual")), says("{}"))


def test_code_stays_code() -> None:
    for seed in range(20):
        negative = drive(
            steps(task(PYTHON, "logical", seed=seed)), chooser(seed)
        ).injection.negative
        compile(negative, "negative", "exec")
        assert '2 + 2 = 4 steps."""' in negative
