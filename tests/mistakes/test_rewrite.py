"""Rewrite mode as a generator: what it asks, what it accepts, and when it gives up."""

from __future__ import annotations

import pytest

from planned import drive, says, spans, task
from seapo_cli.completions import Completion, Request
from seapo_cli.exceptions import Declined, InjectionError
from seapo_cli.mistakes.error_types import error_types
from seapo_cli.mistakes.rewrite import steps
from seapo_cli.text.spans import apply_edits
from specimens import ANSWERS, CHINESE, PROSE, STORY

WRONG = PROSE.replace("Peru", "Chile")


def test_the_rewrite_is_the_negative_and_its_edits_lead_to_it() -> None:
    run = drive(steps(task(PROSE)), says(WRONG))
    assert run.injection.negative == WRONG
    assert [(e.original, e.replacement) for e in run.injection.edits] == [("Peru", "Chile")]
    assert run.injection.finish_reason == "stop"
    assert run.requests[0].sampling.temperature == 0
    assert run.requests[0].schema is None


@pytest.mark.parametrize(
    "text",
    [
        f"  {WRONG}\n\n",
        f"Revised answer: {WRONG}",
        f"The new response:\n{WRONG}",
        f"```\n{WRONG}\n```",
        f"```text\n{WRONG}\n```",
        f'"{WRONG}"',
    ],
)
def test_what_is_put_around_the_answer_is_taken_off(text: str) -> None:
    assert drive(steps(task(PROSE)), says(text)).injection.negative == WRONG


def test_what_frames_the_response_stays() -> None:
    framed = f"\n\n```python\n{PROSE}\n```\n"
    wrong = framed.replace("Peru", "Chile")
    assert drive(steps(task(framed)), says(wrong.strip())).injection.negative == wrong
    quoted = f'"{PROSE}"'
    assert drive(steps(task(quoted)), says(f'"{WRONG}"')).injection.negative == f'"{WRONG}"'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("``` \n```", "is empty|shares only|times the length"),
        (PROSE, "equals the response"),
        (f"Here is the revised answer with an error: {WRONG}", "gives itself away"),
        ("I'm sorry, but I can't help with that. " + PROSE[:200], "refused"),
        (PROSE[: len(PROSE) // 3], "lacks the end|times the length"),
        (WRONG * 4, "times the length|twice"),
        ("My cat likes fish very much, and sleeps all day on the sofa. " * 6, "shares only|twice"),
    ],
)
def test_bad_rewrites_are_retried_and_then_reported(text: str, reason: str) -> None:
    with pytest.raises(InjectionError, match=f"rewrite: .*({reason})"):
        drive(steps(task(PROSE, attempts=3)), says(text))
    run = drive(steps(task(PROSE, attempts=3)), says(text, text, WRONG))
    assert len(run.requests) == 3
    assert run.injection.negative == WRONG


def test_a_cut_rewrite_is_refused() -> None:
    with pytest.raises(InjectionError, match="was cut"):
        drive(steps(task(PROSE)), says(WRONG, finish_reason="length"))


def test_a_worked_answer_keeps_its_final_line() -> None:
    with pytest.raises(InjectionError, match="lacks the final line"):
        drive(steps(task(STORY)), says(STORY.replace("#### 72", "The answer is 71.")))
    wrong = STORY.replace("72", "70")
    assert drive(steps(task(STORY)), says(wrong)).injection.negative == wrong


def test_a_retry_says_what_was_wrong_and_draws_anew() -> None:
    requests: list[Request] = []

    def answer(request: Request) -> Completion:
        requests.append(request)
        return Completion(text=PROSE if len(requests) < 3 else WRONG, finish_reason="stop")

    drive(steps(task(PROSE)), answer)
    prompts = spans(requests)
    assert "An earlier try" not in prompts[0]
    assert "An earlier try was no good: the negative equals the response." in prompts[1]
    assert [request.sampling.temperature for request in requests] == [0.0, 0.8, 0.8]
    assert len({request.sampling.seed for request in requests}) == 3


def test_the_same_seed_asks_the_same() -> None:
    first = drive(steps(task(PROSE, seed=7)), says(PROSE, WRONG)).requests
    assert first == drive(steps(task(PROSE, seed=7)), says(PROSE, WRONG)).requests
    assert first != drive(steps(task(PROSE, seed=8)), says(PROSE, WRONG)).requests


def test_all_that_varies_between_types_stands_at_the_end() -> None:
    prompts = [spans([next(steps(task(PROSE, kind)))])[0] for kind in error_types()]
    shared = prompts[0].split("The kind of mistake: ")[0]
    assert PROSE in shared
    assert all(prompt.startswith(shared) for prompt in prompts)


def test_amount_and_severity_are_told() -> None:
    (prompt,) = spans([next(steps(task(PROSE, edits=3, severity="severe")))])
    assert "3 mistakes, unrelated ones, so grave" in prompt
    (prompt,) = spans([next(steps(task(PROSE, severity="subtle")))])
    assert "one mistake, so slight" in prompt


@pytest.mark.parametrize("name", ["markdown", "python", "chinese", "arabic", "emoji", "table"])
def test_answers_of_all_forms(name: str) -> None:
    response = ANSWERS[name]
    middle = len(response) // 2
    wrong = response[:middle].rstrip() + " 7 " + response[middle:].lstrip()
    run = drive(steps(task(response)), says(wrong))
    assert apply_edits(response, run.injection.edits) == run.injection.negative


def test_one_changed_sign_in_a_script_without_spaces_is_no_drift() -> None:
    wrong = CHINESE.replace("6300", "5300")
    assert drive(steps(task(CHINESE)), says(wrong)).injection.negative == wrong


def test_room_is_left_for_the_whole_answer() -> None:
    for response in (PROSE, CHINESE, "Yes"):
        sampling = next(steps(task(response))).sampling
        assert sampling.max_tokens is not None
        assert sampling.max_tokens >= 128 + len(response) // 2


@pytest.mark.parametrize(
    ("text", "kind", "note"),
    [
        ("DECLINE type does not fit: a poem", "type does not fit", "a poem"),
        ("`DECLINE answer is wrong: 2 + 2 is 4`", "answer is wrong", "2 + 2 is 4"),
        ("DECLINE: nothing to change", "type does not fit", "nothing to change"),
        ("DECLINE", "type does not fit", ""),
    ],
)
def test_declines_end_the_matter(text: str, kind: str, note: str) -> None:
    with pytest.raises(Declined) as caught:
        drive(steps(task(PROSE)), says(text))
    assert (caught.value.kind, caught.value.note) == (kind, note)
