"""Continue mode as a generator: a wrong step, then the model's own words."""

from __future__ import annotations

import pytest

from planned import drive, proposal, says, task
from seapo_cli.exceptions import InjectionError
from seapo_cli.mistakes.continue_ import steps
from specimens import PROSE, STORY

STEP = proposal(("48/2 = <<48/2=24>>24", "48*2 = <<48*2=96>>96"))
KEPT = "Natalia sold 48*2 = <<48*2=96>>96 clips in May.\n"
REST = "Natalia sold 48+96 = <<48+96=144>>144 clips altogether.\n#### 144"


def test_the_model_goes_on_from_the_wrong_step() -> None:
    run = drive(steps(task(STORY, "logical")), says(STEP, REST))
    assert run.injection.negative == KEPT + REST
    _, going_on = run.requests
    assert going_on.prefill
    assert going_on.messages[-1].role == "assistant"
    assert going_on.messages[-1].content == KEPT.rstrip()
    assert going_on.messages[0].content == "Tell me about it."


@pytest.mark.parametrize("text", [KEPT + REST, "\n" + REST, f"{REST}\n\n"])
def test_servers_that_repeat_the_beginning_or_its_white_space(text: str) -> None:
    assert drive(steps(task(STORY, "logical")), says(STEP, text)).injection.negative == KEPT + REST


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("  ", "nothing more|empty|lacks the end"),
        ("Natalia sold 72.\n#### 72", "the final answer stayed"),
        ("Natalia sold many clips.", "the final answer is missing"),
        (f"Wait, 48/2 is 24. {REST}", "took the wrong step back"),
        (
            f"{REST}\n" + " ".join(f"Then {n} clips more." for n in range(99)),
            "went on for too long|final answer|lacks",
        ),
    ],
)
def test_what_is_no_consequence_is_tried_again(text: str, reason: str) -> None:
    run = drive(steps(task(STORY, "logical")), says(STEP, text, REST))
    assert run.injection.negative == KEPT + REST
    assert len({r.sampling.temperature for r in run.requests[1:]}) == 2
    with pytest.raises(InjectionError, match=f"continue: .*(?:{reason})"):
        drive(steps(task(STORY, "logical", attempts=2)), says(STEP, text))


def test_a_step_at_the_end_leads_nowhere() -> None:
    with pytest.raises(InjectionError, match="nothing follows the wrong step"):
        drive(steps(task(PROSE)), says(proposal(("of the continent", "of the country"))))
