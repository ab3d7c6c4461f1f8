"""Propose mode: the model returns exact quotes of the answer and what is to replace them.

It may change any place, as many as consistency requires, or decline. seapo finds the quotes
(`proposal`), checks the result (`soundness`), and if something is wrong informs the
model and asks again.
"""

from __future__ import annotations

import random
from collections.abc import Generator, Sequence
from typing import Literal, NamedTuple

from seapo_cli.completions import Completion, Request, Sampling
from seapo_cli.exceptions import Declined, InjectionError
from seapo_cli.messages import Message
from seapo_cli.mistakes.base import Injection, Steps, Task
from seapo_cli.mistakes.domain import domain_of
from seapo_cli.mistakes.error_types import mode_template
from seapo_cli.mistakes.proposal import SCHEMA, Unusable, located, read_proposals
from seapo_cli.mistakes.soundness import (
    CALL_CHECKS,
    CALL_RULE,
    CHECKS,
    Draft,
    DraftCheck,
    Length,
    with_articles,
)
from seapo_cli.mistakes.wording import wording
from seapo_cli.rows import Edit
from seapo_cli.text.spans import apply_edits

_RETRY_TEMPERATURE = 0.8


def steps(task: Task) -> Steps:
    """Ask for a mistake; retry, saying what was wrong, while the reply is unusable.

    Raises:
        Declined: the type does not fit the answer, or the model says that the answer is wrong.
        InjectionError: nothing usable came in `task.attempts` requests.
    """
    rng = random.Random(task.seed)
    domain = domain_of(task.response)
    side: Literal["longer", "shorter"] = "longer" if rng.random() < 0.5 else "shorter"
    length = Length(side if domain == "prose" else None)
    calls = domain == "tools"
    values = wording(task, domain, rng)
    rule = CALL_RULE if calls else length.wording
    content = mode_template("propose").substitute(values, length=rule)
    checks = CALL_CHECKS if calls else (*CHECKS, length.check)
    found = yield from proposed(task, content, rng, checks)
    negative = apply_edits(task.response, found.edits)
    return Injection(negative, found.edits, found.finish_reason, found.note)


class Proposed(NamedTuple):
    """A proposal that passed the checks."""

    edits: tuple[Edit, ...]
    note: str
    """What becomes wrong, in the model's words."""
    finish_reason: str | None


def proposed(
    task: Task, content: str, rng: random.Random, checks: Sequence[DraftCheck]
) -> Generator[Request, Completion, Proposed]:
    """Ask with a prompt until a proposal passes the checks.

    Raises:
        Declined: the type does not fit the answer, or the model says that the answer is wrong.
        InjectionError: nothing usable came in `task.attempts` requests.
    """
    kind = task.error_type
    if kind.domains and domain_of(task.response) not in kind.domains:
        raise Declined(f"{kind.name} is for answers of {' or '.join(kind.domains)}")
    messages = [Message(role="user", content=content)]
    reason = ""
    for attempt in range(task.attempts):
        completion = yield _request(task, messages, attempt, rng.getrandbits(31))
        try:
            return _usable(task, completion, checks)
        except Unusable as error:
            reason = str(error)
            messages += _correction(completion.text, reason)
    raise InjectionError(f"no usable mistake was proposed: {reason}")


def _usable(task: Task, completion: Completion, checks: Sequence[DraftCheck]) -> Proposed:
    """What an answer proposes, if it is usable.

    Raises:
        Declined: the model proposes nothing, and says why.
        Unusable: it cannot be used.
    """
    if completion.finish_reason in ("length", "content_filter"):
        raise Unusable(f"it was cut (finish_reason {completion.finish_reason}): be shorter")
    problem = None
    for proposal in read_proposals(completion.text):
        if proposal.decline:
            raise Declined(proposal.note, proposal.decline)
        try:
            edits = with_articles(task.response, located(proposal, task.response))
        except Unusable as error:
            problem = problem or error
            continue
        draft = Draft(task.messages, task.response, edits, task.error_type, task.edits, task.tools)
        if reason := next((found for check in checks if (found := check(draft))), None):
            raise Unusable(reason)
        return Proposed(edits, proposal.note, completion.finish_reason)
    assert problem is not None
    raise problem


def _request(task: Task, messages: Sequence[Message], attempt: int, seed: int) -> Request:
    sampling = Sampling(
        temperature=_RETRY_TEMPERATURE if attempt else 0.0,
        # A change carried through a worked answer quotes much of it.
        max_tokens=256 + len(task.response.encode()),
        seed=seed,
    )
    return Request(tuple(messages), sampling, SCHEMA)


def _correction(said: str, reason: str) -> list[Message]:
    text = (
        f"That cannot be used: {reason}. Reply with the whole JSON again, with another mistake "
        "where this one cannot be mended."
    )
    return [
        Message(role="assistant", content=said.strip() or "(nothing)"),
        Message(role="user", content=text),
    ]
