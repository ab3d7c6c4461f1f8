"""Negatives without a typed mistake: what any changed text teaches, and what a harmless one does.

`placebo` is matched with a real negative edit by edit: as many words of the same answer, at other
places, give way to as many words of other answers. It is as long, as local and as unexpected, and
means nothing. `harmless` says the same in other words: nothing about it is wrong.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from study.rows import Row

_WORD = re.compile(r"\S+")
_HARMLESS = """
is not=isn't|are not=aren't|was not=wasn't|were not=weren't|do not=don't|does not=doesn't
did not=didn't|cannot=can not|will not=won't|would not=wouldn't|it is=it's|that is=that's
there is=there's|they are=they're|you are=you're|we are=we're|isn't=is not|aren't=are not
don't=do not|doesn't=does not|didn't=did not|can't=cannot|won't=will not|it's=it is
you're=you are|they're=they are|we're=we are|I'm=I am|I am=I'm
because=since|for example=for instance|for instance=for example|such as=like|in order to=to
large=big|big=large|begin=start|start=begin|purchase=buy|buy=purchase|difficult=hard|often=frequently
help=assist|helps=assists|usually=typically|typically=usually|important=significant
therefore=thus|thus=therefore|Therefore=Thus|so that=such that|although=though
however=though|each=every|every=each|many=lots of|about=approximately
show=display|shows=displays|displays=shows|entire=whole|whole=entire
creates=makes|returns=gives back|return the=give back the|use=utilize|used=utilized|uses=utilizes
altogether=in total|in total=altogether|a total of=in all|has to=must|needs to=must|must=has to
First=To begin with|Then=After that|Finally=Lastly|Next=After that
"""
_SAME = dict(one.split("=") for line in _HARMLESS.split("\n") for one in line.split("|") if one)
_PHRASE = re.compile(
    rf"(?<![\w'`])({'|'.join(map(re.escape, sorted(_SAME, reverse=True)))})(?![\w'`])"
)
_GAP = re.compile(r"(?<=[^\s]) (?=[^\s])")


def placebo(row: Row, others: Sequence[str], seed: int) -> Row:
    """The row of inject with a negative that has as much changed, but no mistake of a type.

    `others` are answers to other prompts, best of the same source: words of another kind of text
    would stand out more than a mistake does.
    """
    rng = random.Random(f"placebo {seed} {row['id']}")
    answer, spans = row["response"], [m.span() for m in _WORD.finditer(row["response"])]
    edits: list[dict[str, object]] = []
    for edit in row["error"]["edits"]:
        out = max(1, len(edit["original"].split()))
        places = [
            (first, last)
            for first in range(len(spans))
            if (last := first + min(out, len(spans)) - 1) < len(spans)
            and all(spans[last][1] <= e["start"] or spans[first][0] >= e["end"] for e in edits)
        ]
        if not places:
            break
        first, last = rng.choice(places)
        start, end = spans[first][0], spans[last][1]
        original = answer[start:end]
        count = max(1, len(edit["replacement"].split()))
        words = _words(others, count, rng, original)
        edits.append({"start": start, "end": end, "original": original, "replacement": words})
    return _edited(row, "placebo", edits)


def _words(others: Sequence[str], count: int, rng: random.Random, unlike: str) -> str:
    """So many words in a row, of one of the answers."""
    while True:
        words = rng.choice(others).split()
        first = rng.randrange(max(1, len(words) - count + 1))
        if (found := " ".join(words[first : first + count])) and found != unlike:
            return found


def harmless(row: Row, seed: int) -> Row:
    """The row with a negative that says the same: one phrase for another, else a wider gap."""
    rng = random.Random(f"harmless {seed} {row['id']}")
    answer = row["response"]
    found = [(m.start(), m.end(), _SAME[m[0]]) for m in _PHRASE.finditer(_without_code(answer))]
    found = found or [(m.start(), m.end(), "  ") for m in _GAP.finditer(answer)]
    start, end, text = rng.choice(found or [(len(answer), len(answer), "\n")])
    edit = {"start": start, "end": end, "original": answer[start:end], "replacement": text}
    return _edited(row, "harmless", [edit])


def _without_code(text: str) -> str:
    """The text with blanks in place of what looks like code: its words are not prose."""
    lines = text.split("\n")
    if "```" in text:
        inside = False
        for number, line in enumerate(lines):
            fence = line.lstrip().startswith("```")
            inside ^= fence
            lines[number] = " " * len(line) if inside or fence else line
    elif re.search(r"^(def|class|import|from) ", text, re.M):
        return " " * len(text)
    return "\n".join(lines)


def _edited(row: Row, kind: str, edits: Sequence[dict[str, object]]) -> Row:
    edits = sorted(edits, key=lambda edit: int(str(edit["start"])))
    text, place = "", 0
    for edit in edits:
        text += row["response"][place : edit["start"]] + str(edit["replacement"])
        place = int(str(edit["end"]))
    error = {"type": kind, "mode": "study", "edits": edits}
    return {**row, "negative": text + row["response"][place:], "error": error}
