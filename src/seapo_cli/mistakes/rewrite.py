"""Rewrite mode, the paper's (SeaPO, arXiv 2509.24781): the whole answer comes back wrong."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping

from seapo_cli.completions import Request, Sampling
from seapo_cli.exceptions import Declined, InjectionError
from seapo_cli.messages import Message
from seapo_cli.mistakes.base import Injection, Steps, Task
from seapo_cli.mistakes.domain import domain_of
from seapo_cli.mistakes.error_types import mode_template
from seapo_cli.mistakes.proposal import NOT_FITTING, WRONG_ANSWER
from seapo_cli.mistakes.screen import flaw
from seapo_cli.mistakes.soundness import unproven
from seapo_cli.mistakes.wording import wording
from seapo_cli.text.difference import Difference, edits_between

_DECLINED = re.compile(r"`?DECLINE\b(?: *((?:type|answer)[\w ]{0,20}))?:? *([^\n]*?)`?", re.DOTALL)
_RETRY_TEMPERATURE = 0.8
_LEAST_SIMILAR = 0.3
"""Below this share of common words, a text is another answer, not this one with a mistake."""
_SHORT = 80
"""Responses of fewer characters may change as a whole: one word can be all of them."""


def steps(task: Task) -> Steps:
    """Ask for the whole answer with the mistake in it; retry while the reply is unusable.

    Raises:
        Declined: the model says that the type does not fit the answer, or the answer is wrong.
        InjectionError: nothing usable came in `task.attempts` requests.
    """
    rng = random.Random(task.seed)
    values = wording(task, domain_of(task.response), rng)
    reason = ""
    for attempt in range(task.attempts):
        completion = yield _request(task, values, attempt, rng.getrandbits(31), reason)
        if declined := _DECLINED.fullmatch(completion.text.strip()):
            wrong = "wrong" in (declined[1] or "").casefold()
            raise Declined(declined[2].strip(), WRONG_ANSWER if wrong else NOT_FITTING)
        negative = _unwrapped(completion.text, task.response)
        finish, kind = completion.finish_reason, task.error_type
        found = flaw(negative, task.response, finish, task.messages, kind, task.tools)
        found = found or _drift(negative, task)
        found = found or unproven(task.response, negative, kind, task.tools)
        if found is None:
            edits = edits_between(task.response, negative)
            return Injection(negative, edits, completion.finish_reason)
        reason = found
    raise InjectionError(f"rewrite: {reason}")


def _request(
    task: Task, values: Mapping[str, str], attempt: int, seed: int, reason: str
) -> Request:
    """All that varies between error types and attempts stands at the end."""
    retry = f"\nAn earlier try was no good: {reason}." if reason else ""
    content = mode_template("rewrite").substitute(values, retry=retry)
    sampling = Sampling(
        temperature=_RETRY_TEMPERATURE if attempt else 0.0,
        # At most one token for a byte and a half of any script, and room for the mistakes.
        max_tokens=128 + len(task.response.encode()) * 2 // 3,
        seed=seed,
    )
    return Request((Message(role="user", content=content),), sampling)


def _unwrapped(text: str, response: str) -> str:
    """The text without a label line, fence or quotes that the response does not have."""
    text = text.strip()
    text = re.sub(
        r"\A(?:the )?(?:new|revised|rewritten) (?:answer|response)\s*:\s*", "", text, flags=re.I
    )
    if fenced := re.fullmatch(r"```\w*\n(.*)\n```", text, re.DOTALL):
        text = text if response.lstrip().startswith("```") else fenced[1]
    quoted = len(text) > 1 and text[0] == text[-1] == '"' and text.count('"') == 2
    if quoted and not response.startswith('"'):
        text = text[1:-1]
    # What frames the text is not the model's to change.
    head = response[: len(response) - len(response.lstrip())]
    tail = response[len(response.rstrip()) :]
    return f"{head}{text.strip()}{tail}" if text.strip() else ""


def _drift(negative: str, task: Task) -> str | None:
    """Why the text is not a version of the response."""
    share = len(negative) / len(task.response)
    if not 0.4 <= share <= 2.5 and abs(len(negative) - len(task.response)) > 80:
        return f"the rewrite has {share:.1f} times the length of the response"
    alike = Difference(task.response, negative).similarity
    if alike < _LEAST_SIMILAR and len(task.response) >= _SHORT:
        return f"the rewrite shares only {alike:.0%} of its words with the response"
    if _has_line(task.response) and not _has_line(negative):
        return "the rewrite lacks the final line '#### ...' of the response"
    return None


def _has_line(text: str) -> bool:
    return re.search(r"^#### ", text, re.MULTILINE) is not None
