"""Propose mode: the model returns exact quotes of the answer and what is to stand there instead.

It may change any place, as many as consistency asks for, or decline. seapo finds the quotes
(`proposal`), looks at what came of them (`soundness`), and where something is wrong tells the
model and asks again.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from seapo_cli.errors import Declined, InjectionError
from seapo_cli.prompts import Domain, mode_template
from seapo_cli.records import Completion, Edit, Message, Request, Sampling
from seapo_cli.stages.errors.base import Injection, Steps, Task
from seapo_cli.stages.errors.domain import domain_of
from seapo_cli.stages.errors.proposal import SCHEMA, Unusable, located, read_proposals
from seapo_cli.stages.errors.soundness import Draft, weakness, with_articles
from seapo_cli.stages.errors.spans import apply_edits
from seapo_cli.stages.errors.wording import wording

_RETRY_TEMPERATURE = 0.8


def steps(task: Task) -> Steps:
    """Ask for a mistake; again, with what was wrong, while what comes back cannot be used.

    Raises:
        Declined: the model says that the type does not fit the answer, or the answer is wrong.
        InjectionError: nothing usable came in `task.attempts` requests.
    """
    domain = domain_of(task.response)
    if task.error_type.domains and domain not in task.error_type.domains:
        raise Declined(f"{task.error_type.name} is for answers of {task.error_type.domains[0]}")
    rng = random.Random(task.seed)
    longer = rng.random() < 0.5
    messages = [Message(role="user", content=_prompt(task, domain, longer, rng))]
    reason = ""
    for attempt in range(task.attempts):
        completion = yield _request(task, messages, attempt, rng.getrandbits(31))
        try:
            edits, note = _usable(task, completion, longer)
        except Unusable as error:
            reason = str(error)
            messages += _correction(completion.text, reason)
            continue
        negative = apply_edits(task.response, edits)
        return Injection(negative, edits, completion.finish_reason, note)
    raise InjectionError(f"propose: {reason}")


def _usable(task: Task, completion: Completion, longer: bool) -> tuple[tuple[Edit, ...], str]:
    """The edits of a proposal that can be used, and what the model says of them.

    Raises:
        Declined: it is none, for a reason.
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
        draft = Draft(task.response, edits, task.error_type, task.edits, longer)
        if reason := weakness(draft):
            raise Unusable(reason)
        return edits, proposal.note
    assert problem is not None
    raise problem


def _prompt(task: Task, domain: Domain, longer: bool, rng: random.Random) -> str:
    """What varies between the types comes last: a server reads the rest once for all of them."""
    length = "a little longer" if longer else "a little shorter"
    return mode_template("propose").substitute(wording(task, domain, rng), length=length)


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
