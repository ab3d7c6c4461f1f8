"""What a chat template does around and to what people say, found by asking it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Literal

from seapo_cli.exceptions import RowError
from seapo_cli.messages import Message
from seapo_cli.training.tokens import Chat

_SYSTEM, _FIRST, _ANSWER, _SECOND = "A quagga.", "Which zebra?", "An okapi.", "Which tapir?"
_DATES = ("strftime_now", "date_string")


@dataclass(frozen=True, slots=True)
class Template:
    """A chat template that can render a question and its answer."""

    generation: str
    """What it puts where an answer is to begin; empty where it does so unasked."""
    header: str
    """What of the answer's turn comes after the prompt and before the answer."""
    added: str
    """What it puts first that nobody said and that no later turn has."""
    end: str | None
    """The special token after an answer."""
    system: Literal["kept", "dropped", "refused"]
    dated: bool
    """Whether it may put in the day's date."""


def probe(tokenizer: Any, chat: Chat) -> Template:
    """Render small conversations and look at what surrounds the turns.

    Raises:
        RowError: it refuses a plain question with its answer, or changes the question then.
    """
    asked, answered = _user(_FIRST), Message.of(_ANSWER)
    prompt = chat.prompt([asked])
    after = chat.answered([asked], prompt, _ANSWER, ())
    header, _, tail = after.partition(_ANSWER)
    bare: str = tokenizer.apply_chat_template([asked.dump()], tokenize=False)
    turns = chat.prompt([asked, answered, _user(_SECOND)])
    between = turns.partition(_ANSWER)[2].partition(_SECOND)[0]
    before = prompt.partition(_FIRST)[0]
    special = [one for one in chat.ids(tail) if one in chat.special]
    return Template(
        generation=prompt.removeprefix(bare),
        header=header,
        added=before.removesuffix(_common_end(before, between)),
        end=tokenizer.decode([special[-1]]) if special else None,
        system=_system(chat),
        dated=any(word in str(tokenizer.chat_template) for word in _DATES),
    )


def _user(text: str) -> Message:
    return Message(role="user", content=text)


def _common_end(one: str, other: str) -> str:
    pairs = zip(reversed(one), reversed(other), strict=False)
    length = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return one[len(one) - length :]


def _system(chat: Chat) -> Literal["kept", "dropped", "refused"]:
    try:
        text = chat.prompt([Message(role="system", content=_SYSTEM), _user(_FIRST)])
    except RowError:
        return "refused"
    return "kept" if _SYSTEM in text else "dropped"
