"""Does the negative give its mistake away?"""

from __future__ import annotations

import re

from seapo_cli.checks.base import PASS, Check, Verdict, failed
from seapo_cli.checks.pair import CheckedPair
from seapo_cli.text.revealing import REVEALING

_ASKED = re.compile(
    r"(?i)\b(?:edit|rewrite|revise|correct|modify|improve|proofread|fix|rephrase|change|update|replace"
    r"|grammar|errors|mistakes|bugs?)\b"
)
_REVISION = re.compile(
    r"(?i)\b(?:here|below|this|following|revised|rewritten|modified|edited|corrected|updated|changes)\b"
)
_WRONG = re.compile(
    r"(?i)wrong|incorrect|false|mistak|deliberat|intention|fabricat|invented|inaccura"
)

_REMARK = re.compile(
    r"(?i)\b(?:wrong|incorrect|inaccura\w+|untru\w+|false\w*|falsif\w*|errors?|erroneous\w*"
    r"|mistak\w+|faulty|flaw\w*|fake\w*|fabricat\w+|invented|fictional|fictitious|made[- ]up|bogus"
    r"|hallucinat\w+|nonsense|misleading|misstat\w+|mislabel\w*|alter(?:ed|ing|ation)s?|tamper\w*"
    r"|manipulat\w+|modified|modification|rewritten|swapp?ed|changed|replaced|inserted|injected"
    r"|planted|deliberate\w*|intention\w*|on purpose|purposely|subtle|subtly|plausible|believable"
    r"|fallacy|contradiction|non sequitur|correct (?:answer|figure|value|date|name|version|one)"
    r"|actual(?:ly)? (?:answer|value|no|the)|ground truth|original (?:answer|text|response|version)"
    r"|not (?:actually |really )?(?:true|correct|right|real|accurate)|(?:does|did)(?:n't| not)"
    r"(?: really)? (?:exist|happen)|as (?:requested|instructed|you asked)|task|instruction\w*"
    r"|disregard)\b"
)
"""Words about whether a text is right, and about changing it."""
_SLACK = 1
"""Words by which a remark may seem to begin later: where it begins as the answer does."""
_MOST_REMARK = 25
"""Words of a remark; longer ones are text like any other."""


class Commentary(Check):
    """Notes of the injecting model about what it did."""

    name = "commentary"
    about = "The negative does not hint that a mistake was injected."

    def verdict(self, pair: CheckedPair) -> Verdict:
        found = REVEALING.added(pair)
        found = found or _remark(pair)
        if not found or _asked_for(found, pair.question):
            return PASS
        return failed(f"the negative gives itself away: {found!r}", found)


def _remark(pair: CheckedPair) -> str | None:
    """Text inserted at either end or in brackets that talks about right and wrong.

    An injected mistake talks about the subject. Words that the prompt or the response uses are
    part of the subject.
    """
    if not pair.injected:
        return None
    for at, (removed, added) in enumerate(pair.hunks):
        if removed or isinstance(added, str) or len(added) > _MOST_REMARK:
            continue
        text = " ".join(added)
        outside = at in (0, len(pair.hunks) - 1) and _at_an_end(pair, text)
        if not outside and text[0] not in "([<{*/#":
            continue
        if (match := _REMARK.search(text)) and not _of_the_matter(match[0], pair):
            return text[:60]
    return None


def _at_an_end(pair: CheckedPair, text: str) -> bool:
    """Whether what was put in begins or ends the negative."""
    words, new = pair.negative.split(), text.split()
    ends = " ".join(words[: len(new) + _SLACK]), " ".join(words[-len(new) - _SLACK :])
    return any(text in end for end in ends)


def _of_the_matter(word: str, pair: CheckedPair) -> bool:
    stem = word.lower()[:6]
    return stem in pair.response.lower() or stem in pair.question.lower()


def _asked_for(phrase: str, question: str) -> bool:
    """Whether the prompt wants a text revised, and the phrase says no more than that it is."""
    if not _REVISION.search(phrase) or _WRONG.search(phrase):
        return False
    return _ASKED.search(question) is not None
