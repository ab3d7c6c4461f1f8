"""Propose mode as a generator: what it asks, accepts and refuses, and what it tells the model."""

from __future__ import annotations

import pytest

from planned import drive, proposal, says, task
from seapo_cli.completions import Completion, Request
from seapo_cli.exceptions import Declined, InjectionError
from seapo_cli.messages import Message
from seapo_cli.mistakes.base import Task
from seapo_cli.mistakes.error_types import error_types
from seapo_cli.mistakes.propose import steps
from specimens import CHINESE, PROSE, PYTHON, STORY

GOOD = proposal(("rises in Peru", "rises in Cuba"), note="wrong country")


def test_the_edit_the_note_and_the_request() -> None:
    run = drive(steps(task(PROSE)), says(GOOD))
    (edit,) = run.injection.edits
    assert (edit.original, edit.replacement) == ("Peru", "Cuba")
    assert run.injection.negative == PROSE.replace("Peru", "Cuba")
    assert run.injection.note == "wrong country"
    assert run.injection.finish_reason == "stop"
    (request,) = run.requests
    assert request.sampling.temperature == 0
    assert request.schema is not None
    assert set(request.schema["required"]) == set(request.schema["properties"])


def test_several_edits_carry_a_mistake_to_the_end() -> None:
    text = proposal(
        ("=24>>24", "=26>>26"),
        ("48+24 = <<48+24=72>>72", "48+26 = <<48+26=74>>74"),
        ("#### 72", "#### 74"),
    )
    found = drive(steps(task(STORY)), says(text)).injection
    assert found.negative.endswith(
        "48+26 = <<48+26=74>>74 clips altogether in April and May.\n#### 74"
    )
    assert len(found.edits) > 2


def test_types_share_all_of_the_prompt_but_its_end() -> None:
    def prompt(kind: str) -> str:
        wanted = task(STORY, kind)
        return next(steps(wanted)).messages[0].content

    prompts = [prompt(kind) for kind in ("factual", "logical", "hallucination", "operator")]
    common = prompts[0].index("[end of answer]")
    assert len({text[: common + len("[end of answer]")] for text in prompts}) == 1
    assert len(set(prompts)) == 4


def test_the_prompt_has_the_domains_own_words_and_examples() -> None:
    def prompt(response: str, seed: int = 0) -> str:
        return next(steps(task(response, "factual", seed=seed))).messages[0].content

    assert "other calculation stays right" in prompt(STORY)
    assert "misremembered into what the code does" in prompt(PYTHON)
    assert "what the code does" not in prompt(PROSE)
    shown = {prompt(PROSE, seed).split("in other answers:")[1] for seed in range(12)}
    assert len(shown) > 6


def test_severity_count_turns_and_seed_are_in_the_prompt() -> None:
    turns = (
        Message(role="system", content="Be brief."),
        Message(role="user", content="Where does the Amazon rise?"),
    )
    wanted = Task(turns, PROSE, error_types()["factual"], edits=2, severity="severe", seed=3)
    text = next(steps(wanted)).messages[0].content
    assert "[system]\nBe brief.\n\n[user]\nWhere does" in text
    assert "How much: 2 mistakes, unrelated ones, so grave" in text


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ("no JSON", "not the JSON that was asked for"),
        (proposal(("rises in Chile", "rises in Cuba")), '"rises in Chile" is not in the answer'),
        (proposal(("the", "a")), "times in the answer"),
        (proposal(("Peru", "Peru")), "equal what they replace"),
        (proposal((PROSE[:-20], f"{PROSE[150:-20]} {PROSE[:150]}")), "replaces most of the answer"),
        (proposal(("rises in Peru", "rises (incorrect) in Peru")), "gives itself away"),
        (
            proposal(("Peru", "ペルー")),
            "that the answer has none of|Kana",
        ),
        (proposal(("Peru", "Peru, a country of high mountains and deserts")), "characters longer"),
        (proposal(("flows for 6,400 kilometers through Brazil", "ends")), "characters shorter"),
    ],
)
def test_what_is_wrong_is_told_and_asked_again(bad: str, told: str) -> None:
    run = drive(steps(task(PROSE, seed=1)), says(bad, GOOD))
    first, second = run.requests
    assert second.messages[: len(first.messages)] == first.messages
    answer, correction = second.messages[len(first.messages) :]
    assert (answer.role, answer.content) == ("assistant", bad)
    assert any(_has(part, correction.content) for part in told.split("|"))
    assert second.sampling.temperature
    assert second.sampling.seed != first.sampling.seed


def _has(part: str, text: str) -> bool:
    return part.replace("\\", "") in text


@pytest.mark.parametrize(
    ("response", "kind", "edits", "told"),
    [
        (STORY, "factual", [("=24>>24", "=26>>24")], "two different results"),
        (STORY, "logical", [("48+24 = <<48+24=72>>72", "48*2 = <<48*2=96>>96")], "no step leads"),
        (STORY, "factual", [("in May", "in July")], "the final answer is still '72'"),
        (PYTHON, "factual", [("# and nothing else", "# and all the rest")], "only comments change"),
        (
            PYTHON,
            "factual",
            [("range(len(items) - 1)", "range(len(items) - 1")],
            "no longer parses",
        ),
    ],
)
def test_drafts_that_do_not_hold_together_are_refused(
    response: str, kind: str, edits: list[tuple[str, str]], told: str
) -> None:
    with pytest.raises(InjectionError, match=told):
        drive(steps(task(response, kind, attempts=2)), says(proposal(*edits)))


def test_a_type_may_leave_the_final_answer() -> None:
    text = proposal(("in May", "in July"))
    assert drive(steps(task(STORY, "hallucination")), says(text)).injection.edits


def test_examples_are_not_copied() -> None:
    response = "You should brush after a meal. Most dentists advise brushing twice a day, so do it."
    text = proposal(
        (
            "Most dentists advise brushing twice a day",
            "Dental boards advise brushing after a rest of four hours",
        )
    )
    with pytest.raises(InjectionError, match=r"repeats the instructions|repeats an example"):
        drive(steps(task(response, "hallucination", attempts=1)), says(text))


@pytest.mark.parametrize("kind", ["type does not fit", "answer is wrong"])
def test_declines_end_the_matter(kind: str) -> None:
    with pytest.raises(Declined, match=f"^declined, {kind}: a poem$") as caught:
        drive(steps(task(PROSE)), says(proposal(decline=kind, note="a poem")))
    assert caught.value.kind == kind


def test_types_of_other_answers_are_declined_without_a_request() -> None:
    with pytest.raises(Declined, match="bound is for answers of code"):
        next(steps(task(PROSE, "bound")))


def test_a_cut_reply_is_not_used() -> None:
    def cut(request: Request) -> Completion:
        done = len(request.messages) > 1
        return Completion(text=GOOD, finish_reason="stop" if done else "length")

    run = drive(steps(task(PROSE)), cut)
    assert "it was cut (finish_reason length)" in run.requests[1].messages[-1].content


def test_any_script_can_be_edited() -> None:
    text = proposal(("6300公里", "5300公里"), ("在上海流入东海", "在天津流入渤海"))
    negative = drive(steps(task(CHINESE)), says(text)).injection.negative
    assert negative == CHINESE.replace("6300", "5300").replace("上海", "天津").replace(
        "东海", "渤海"
    )


@pytest.mark.parametrize(
    ("response", "edit", "negative"),
    [
        ("It is a natural fibre, soft.", ("natural", "artful"), "It is an artful fibre, soft."),
        ("An old custom, they say.", ("old custom", "new custom"), "A new custom, they say."),
        ("It takes an hour to do it.", ("hour", "year"), "It takes an year to do it."),
        ("He is a European by birth.", ("European", "American"), "He is a American by birth."),
        ("The old custom, they say.", ("old", "new"), "The new custom, they say."),
        ("See a unit of time here.", ("unit", "inch"), "See an inch of time here."),
    ],
)
def test_articles_follow_their_word_where_spelling_tells(
    response: str, edit: tuple[str, str], negative: str
) -> None:
    run = drive(steps(task(response, attempts=1)), says(proposal(edit)))
    assert run.injection.negative == negative


def test_half_of_the_rows_are_asked_for_a_longer_change() -> None:
    asked = [next(steps(task(PROSE, seed=seed))).messages[0].content for seed in range(400)]
    longer = sum("up to 24 characters longer, and" in text for text in asked)
    assert longer + sum("up to 24 characters shorter, and" in text for text in asked) == 400
    assert 150 < longer < 250
