"""Continue mode: a wrong step is injected, and the model continues the answer from there.

The beginning of the answer is kept, so both sides still share it; what follows the mistake
is the model's own reasoning, as it would be if the model had made the mistake itself.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from seapo_cli.completions import Request, Sampling
from seapo_cli.exceptions import InjectionError, UsageError
from seapo_cli.messages import Message
from seapo_cli.mistakes.base import Injection, Steps, Task
from seapo_cli.mistakes.domain import domain_of
from seapo_cli.mistakes.error_types import ErrorType, mode_template
from seapo_cli.mistakes.propose import proposed
from seapo_cli.mistakes.screen import flaw
from seapo_cli.mistakes.soundness import STEP_CHECKS
from seapo_cli.mistakes.wording import wording
from seapo_cli.rows import Edit
from seapo_cli.text.difference import edits_between
from seapo_cli.text.final_answer import stated_result
from seapo_cli.text.spans import apply_edits
from seapo_cli.text.words import ENDS

_TEMPERATURES = (0.0, 0.7, 1.0)
_STEP_END = re.compile(rf"(?<=[{ENDS}])[\"')\]”’*]*\s+|\n+|\Z")
_LONGEST = 2.0
"""Maximum length of a continuation, as a multiple of what it replaces."""
_TURNED_BACK = re.compile(
    r"\b(?:wait|actually|correction|let me (?:re-?check|re-?do|re-?consider)|i made a mistake"
    r"|that(?:'s| is) (?:not right|wrong|incorrect)|on second thought)\b",
    re.IGNORECASE,
)


def check(error_type: ErrorType) -> None:
    """Refuse types for tool calls, which are not text that can be continued.

    Raises:
        UsageError: it is one.
    """
    if error_type.domains == ("tools",):
        raise UsageError(f"--mode continue cannot make {error_type.name!r}: take --mode propose")


def steps(task: Task) -> Steps:
    """Ask for a wrong step, then for its continuation; retry while the reply is unusable.

    Raises:
        Declined: the model says that the type does not fit the answer, or the answer is wrong.
        InjectionError: `task.attempts` requests for either brought nothing usable.
    """
    rng = random.Random(task.seed)
    values = wording(task, domain_of(task.response), rng)
    content = mode_template("continue").substitute(values)
    step = yield from proposed(task, content, rng, STEP_CHECKS)
    beginning = _beginning(task.response, step.edits)
    reason = ""
    for attempt in range(task.attempts):
        completion = yield _request(task, beginning, attempt, rng.getrandbits(31))
        negative = _joined(beginning, completion.text)
        found = flaw(
            negative, task.response, completion.finish_reason, task.messages, task.error_type
        )
        found = found or _unwanted(task, beginning, negative)
        if found is None:
            changed = edits_between(task.response, negative)
            return Injection(negative, changed, completion.finish_reason, step.note)
        reason = found
    raise InjectionError(f"continue: {reason}")


def _beginning(response: str, edits: Sequence[Edit]) -> str:
    """The answer with the wrong step, up to the end of the sentence or line that it is in.

    Raises:
        InjectionError: nothing follows the step.
    """
    end = _STEP_END.search(response, edits[-1].end)
    assert end is not None  # \Z always matches
    if not response[end.end() :].strip():
        raise InjectionError("continue: nothing follows the wrong step")
    added = sum(len(edit.replacement) - (edit.end - edit.start) for edit in edits)
    return apply_edits(response, edits)[: end.end() + added]


def _request(task: Task, beginning: str, attempt: int, seed: int) -> Request:
    # Most chat templates drop white space at the end of a turn.
    turn = Message(role="assistant", content=beginning.rstrip())
    sampling = Sampling(
        temperature=_TEMPERATURES[min(attempt, len(_TEMPERATURES) - 1)],
        max_tokens=128 + len(task.response.encode()),
        seed=seed,
    )
    return Request((*task.messages, turn), sampling, prefill=True)


def _joined(beginning: str, text: str) -> str:
    """The whole answer; some servers repeat the beginning, and some leave out the white space."""
    kept = beginning.rstrip()
    if text.startswith(kept):
        return text.rstrip()
    space = "" if text[:1].isspace() else beginning[len(kept) :]
    return f"{kept}{space}{text.rstrip()}"


def _unwanted(task: Task, beginning: str, negative: str) -> str | None:
    """Why the model's continuation does not follow from the wrong step; None if it does."""
    rest, old = negative[len(beginning) :], len(task.response) - len(beginning)
    if not rest.strip():
        return "the model said nothing more after the wrong step"
    if len(rest) > max(_LONGEST * old, 200):
        return "the model went on for too long"
    if found := _TURNED_BACK.search(rest):
        return f"the model took the wrong step back: {found[0]!r}"
    final = stated_result(task.response)
    if final is not None and not task.error_type.keeps_final_answer:
        after = stated_result(negative)
        if after is None or after == final:
            return "the final answer is missing" if after is None else "the final answer stayed"
    return None
