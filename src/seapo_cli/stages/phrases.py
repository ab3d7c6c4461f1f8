"""Phrases that show what a text is: a refusal, or an answer that gives its mistake away.

They lean to letting text pass: a phrase counts only where the positive does not hold it as
often, and only in wordings that answers to questions do not use by themselves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

Window = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Phrases:
    """Wordings of one kind."""

    pattern: re.Pattern[str]
    stems: tuple[str, ...]
    """Every match holds at least one of these, in lower case: what is quick to rule out."""

    def added(
        self,
        negative: str,
        response: str,
        negative_window: Window | None = None,
        response_window: Window | None = None,
    ) -> str | None:
        """A match in the negative, if it has more matches than the response.

        The windows are the parts to look at where the rest is known to be the same.
        """
        start, end = negative_window or (0, len(negative))
        text = negative[start:end].lower()
        for stem in self.stems:
            if stem in text:
                break
        else:
            return None
        found = self._matches(negative, (start, end))
        if not found:
            return None
        if len(found) <= len(self._matches(response, response_window or (0, len(response)))):
            return None
        return " ".join(found[0].split())[:60]

    def _matches(self, text: str, window: Window) -> list[str]:
        return [match[0] for match in self.pattern.finditer(text, *window)]


REVEALING = Phrases(
    re.compile(
        r"""
          \b(?:here(?:'s|\ is|\ are)|below\ is)\ (?:the|a|an|your|my)\b[^.\n]{0,40}
            \b(?:revised|rewritten|modified|altered|incorrect|wrong|edited|corrupted)\b
        | \b(?:i|we)(?:'ve|\ have)?\ (?:\w+\ )?(?:introduced|inserted|injected|added|made|included)
            \ (?:\w+\ ){0,3}(?:error|mistake|change)s?\b
        | \b(?:the|this|my)\ (?:introduced|injected|inserted|deliberate|intentional)
            \ (?:\w+\ )?(?:error|mistake)\b
        | \b(?:intentional|deliberate)(?:ly)?\ (?:\w+\ )?(?:error|mistake|wrong|incorrect|false)\b
        | \b(?:incorrectly|mistakenly|erroneously)\b
        | (?<=[\w.,;!?]\ )\((?:incorrect|wrong|mistake|sic|inaccurate|fabricated|made[ -]up)\)
        | \b(?:let's|let\ us|let\ me)\ correct\b
        | \b(?:revised|rewritten|modified|corrupted)\ (?:answer|response|version|text)\b
        | ^[^\w\n]{0,9}(?:original|revised|modified|rewritten|incorrect|wrong)
            (?:\ (?:answer|response|text))?[^\w\n]{0,9}:
        | ^[^\w\n]{0,9}(?:error|mistake)(?:\ type)?[^\w\n]{0,9}:
        | ^[^\w\n]{0,9}note[^\w\n]{0,9}:[^\n]*
            \b(?:error|mistake|incorrect|wrong|changed|false|inaccura)
        | \[(?:end\ of\ )?answer\]
        | \bthis\ (?:statement|answer|claim|sentence)\ is\ (?:false|incorrect|wrong|inaccurate)\b
        """,
        re.IGNORECASE | re.VERBOSE | re.MULTILINE,
    ),
    stems=tuple(
        """error mistake wrong correct revis rewrit modifi alter edited corrupt change intentional
        deliberate erroneous (sic inaccura fabricated (made original answer] false""".split()
    ),
)
REFUSING = Phrases(
    re.compile(
        r"""
          \b(?:i['’]m|i\ am)\ (?:sorry|afraid|unable|not\ able)\b[^.\n]{0,60}
            \b(?:can|could|will|help|assist|provide|comply|fulfil+|not)\b
        | \bi\ (?:can(?:no|['’])t|won['’]t|will\ not)\ (?:be\ able\ to\ )?
            (?:help|assist|comply|provide|rewrite|create|write|generate|introduce|produce|engage
              |fulfil+|continue\ with|(?:do|answer|share|discuss)\ (?:that|this))\b
        | \bi\ (?:must|have\ to)\ (?:respectfully\ )?(?:decline|refuse)\b
        | \bi\ apologi[sz]e\b[^.\n]{0,40}\b(?:but|cannot|can['’]t|unable)\b
        | \bagainst\ my\ (?:programming|guidelines|policy|policies|principles)\b
        | \bas\ an?\ (?:ai|artificial\ intelligence|(?:large\ )?language\ model)\b
        """,
        re.IGNORECASE | re.VERBOSE,
    ),
    stems=(
        *"sorry afraid able can't can’t cannot won't won’t declin refus apolog".split(),
        *("will not", "against my", "as an a", "language model"),
    ),
)
