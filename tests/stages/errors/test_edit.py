"""Edit mode as a generator: what it asks, what it accepts, and when it gives up."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planned import chooser, drive, edit, first, offered, patterns, says, spans, task
from seapo_cli.errors import InjectionError
from seapo_cli.prompts import ErrorType, error_types
from seapo_cli.records import Completion, Request
from seapo_cli.stages.errors.base import Severity
from seapo_cli.stages.errors.edit import steps
from seapo_cli.stages.errors.spans import apply_edits, disjoint
from specimens import ANSWERS, CHINESE, PROSE, PYTHON, STORY

OWN = ErrorType(name="own", description="Anything wrong.", guidance="Be wrong.", source="")
"""A type with no places of its own: any sentence."""
LATIN = [name for name in ANSWERS if not re.search(r"chin|jap|arab|russ|pol|frag", name)]


@pytest.mark.parametrize("error_type", error_types())
@pytest.mark.parametrize("name", LATIN)
def test_a_model_that_only_chooses_makes_negatives(name: str, error_type: str) -> None:
    if name == "json" and error_type in ("hallucination", "style"):
        pytest.skip("nothing ready can be added to JSON: it takes a model that writes")
    response = ANSWERS[name]
    run = drive(steps(task(response, error_type, own_words=False)), chooser())
    found = run.injection
    assert found.negative != response
    assert found.negative == apply_edits(response, found.edits)
    assert disjoint(found.edits)
    assert found.finish_reason == "stop"
    assert len(run.requests) == 1


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from(["factual", "logical"]), st.integers(1, 4))
def test_several_mistakes_stay_apart(seed: int, error_type: str, count: int) -> None:
    run = drive(steps(task(PROSE, error_type, edits=count, seed=seed)), chooser(seed))
    assert 1 <= len(run.requests) <= count
    assert disjoint(run.injection.edits)
    assert apply_edits(PROSE, run.injection.edits) == run.injection.negative


def test_as_many_mistakes_as_asked_for_or_as_there_is_room() -> None:
    run = drive(steps(task(PROSE, "logical", edits=3, seed=5)), chooser())
    assert len(run.injection.edits) == 3
    run = drive(steps(task("It is 5.", "factual", edits=4)), chooser())
    assert len(run.injection.edits) == 1


def test_the_same_seed_asks_the_same_and_another_one_not() -> None:
    def asked(seed: int) -> list[Request]:
        return drive(steps(task(PROSE, "factual", seed=seed, edits=2)), chooser()).requests

    assert asked(1) == asked(1)
    assert len({asked(seed)[0].messages for seed in range(8)}) > 4


def test_requests_are_greedy_first_and_differ_after() -> None:
    requests: list[Request] = []

    def nonsense(request: Request) -> Completion:
        requests.append(request)
        return Completion(text="no JSON")

    with pytest.raises(InjectionError, match="edit: the answer holds no edit"):
        drive(steps(task(PROSE, "factual", attempts=4)), nonsense)
    assert [r.sampling.temperature for r in requests] == [0.0, 0.9, 0.9, 0.9]
    assert len({r.sampling.seed for r in requests}) == 4
    assert len({spans([r])[0] for r in requests}) == 4


def test_attempts_are_counted_for_each_mistake() -> None:
    replies = iter([*["no"] * 2, None, *["no"] * 2, None])

    def answer(request: Request) -> Completion:
        return first(request) if next(replies) is None else Completion(text="no")

    run = drive(steps(task(PROSE, "logical", edits=2, attempts=3)), answer)
    assert len(run.requests) == 6
    assert len(run.injection.edits) == 2


def test_what_was_made_is_kept_where_a_further_mistake_fails() -> None:
    replies = iter([None])

    def answer(request: Request) -> Completion:
        return first(request) if next(replies, "no") is None else Completion(text="no")

    run = drive(steps(task(PROSE, "logical", edits=2, attempts=2)), answer)
    assert len(run.requests) == 3
    assert len(run.injection.edits) == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("The Amazon is the largest river by discharge.", "equals the original"),
        ("Bananas.", "does not fit its place"),
        ("the the the the the the the the", "repeats its own words"),
        ("Quite another sentence stands here now and goes on.", "too little of the original"),
        ("The Nile is the largest river by discharge.", "repeats an example"),
    ],
)
def test_sentences_that_are_no_mistake_are_refused(text: str, reason: str) -> None:
    response = "The Amazon is the largest river by discharge."
    example = {"original": "a", "mistake": "The Nile is the largest river by discharge."}
    own = ErrorType.model_validate({**OWN.model_dump(), "source": "", "examples": [example]})
    with pytest.raises(InjectionError, match=reason):
        drive(steps(task(response, own, attempts=2)), says(edit(f"1: {text}")))


def test_a_sentence_of_the_models_own_is_taken() -> None:
    response = "The Amazon is the largest river by discharge. It is in America."
    mistake = "The Amazon is the smallest river by discharge."

    def answer(request: Request) -> Completion:
        number = re.search(r"(\d+)\. \[The Amazon", spans([request])[0])
        return Completion(text=edit(f"{number[1]}: {mistake}" if number else "no"))

    run = drive(steps(task(response, OWN, seed=1)), answer)
    assert run.injection.negative == f"{mistake} It is in America."


def test_a_sentence_in_another_script_is_taken() -> None:
    sentence, wrong = CHINESE.split("。")[0] + "。", "长江是中国最短的河流,全长约6300公里。"

    def answer(request: Request) -> Completion:
        number = re.search(r"(\d+)\. \[长江", spans([request])[0])
        return Completion(text=edit(f"{number[1]}: {wrong}" if number else "no"))

    run = drive(steps(task(CHINESE, OWN)), answer)
    assert run.injection.negative == CHINESE.replace(sentence, wrong)


def rewritten_line(code: str, line: str) -> str:
    """What becomes of code of which a model rewrites the line that returns."""

    def answer(request: Request) -> Completion:
        number = re.search(r"(\d+)\. .*\[return", spans([request])[0])
        return Completion(text=edit(f"{number[1]}: {line}" if number else "no"))

    return drive(steps(task(code, OWN, attempts=1)), answer).injection.negative


def test_a_line_of_code_may_be_rewritten_if_it_still_parses() -> None:
    code = "def lower(text):\n    return re.sub('a', 'b', text)\n"
    wrong = rewritten_line(code, "return re.sub('b', 'a', text)")
    assert wrong == code.replace("'a', 'b'", "'b', 'a'")
    with pytest.raises(InjectionError, match="breaks the code's syntax"):
        rewritten_line(code, "return re.sub('b', 'a', text")


def test_only_a_trusted_model_is_offered_several_places_and_guidance() -> None:
    trusted = drive(steps(task(PROSE, "factual")), first).requests[0]
    other = drive(steps(task(PROSE, "factual", own_words=False)), first).requests[0]
    assert len({text.split(":")[0] for text in offered(trusted)}) > 1
    assert len({text.split(":")[0] for text in offered(other)}) == 1
    assert patterns(trusted)
    assert len(spans([other])[0]) < len(spans([trusted])[0])


def test_ready_sentences_come_first_only_where_the_model_is_not_trusted() -> None:
    other = drive(steps(task(PROSE, "hallucination", own_words=False)), first)
    assert len(other.injection.edits) == 1
    trusted = steps(task(PROSE, "hallucination", attempts=1))
    assert patterns(next(trusted))


def test_all_that_varies_between_types_stands_at_the_end() -> None:
    prompts = [
        spans(drive(steps(task(PROSE, kind)), first).requests)[0] for kind in ("factual", "logical")
    ]
    shared = prompts[0].split("Mistake: ")[0]
    assert PROSE in shared
    assert prompts[1].startswith(shared)


@pytest.mark.parametrize("severity", ["subtle", "moderate", "severe"])
def test_severity_steers_how_far_off_a_number_is(severity: Severity) -> None:
    run = drive(steps(task("It has 640 rooms.", "factual", severity=severity)), chooser())
    (change,) = run.injection.edits
    low, high = {"subtle": (0, 0.11), "moderate": (0.09, 0.51), "severe": (0.49, 10)}[severity]
    assert low < abs(int(change.replacement) / 640 - 1) < high


def test_a_model_that_writes_is_told_how_far_off() -> None:
    def asked(severity: Severity) -> str:
        return spans([next(steps(task(PROSE, "hallucination", severity=severity)))])[0]

    assert "only a close reader finds it" in asked("subtle")
    assert len({asked("subtle"), asked("moderate"), asked("severe")}) == 3


def test_a_mistake_is_carried_through_a_worked_answer() -> None:
    run = drive(steps(task(STORY, "factual")), first)
    assert "#### 72" not in run.injection.negative
    assert all(STORY[e.start : e.end] == e.original for e in run.injection.edits)


def test_code_keeps_its_form() -> None:
    for seed in range(20):
        run = drive(steps(task(PYTHON, "logical", seed=seed)), chooser(seed))
        compile(run.injection.negative, "negative", "exec")


def test_an_answer_of_the_server_that_ignores_the_schema_is_read() -> None:
    def answer(request: Request) -> Completion:
        return Completion(text=f"Sure:\n```json\n{json.dumps({'edit': offered(request)[0]})}\n```")

    assert drive(steps(task(PROSE, "factual")), answer).injection.edits
