"""What a server's reply means: a completion, or which kind of error."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from seapo_cli.backends import thinking
from seapo_cli.calls import ToolCall, read_calls
from seapo_cli.completions import Completion, LogProb, Usage
from seapo_cli.exceptions import (
    BackendError,
    BackendFatal,
    Overloaded,
    RequestRefused,
    RowError,
    Transient,
)
from seapo_cli.text.safe import masked

_LONGEST_MESSAGE = 300
_OVERLOADED = {429, 503, 529}
_MOVED = {301, 302, 303, 307, 308}
_PASSING = {408, 409, 425}
_ABOUT_THE_REQUEST = {400, 403, 404, 405, 413, 415, 422, 500, 501}
_BAD_JSON = "json_validate_failed"
"""Groq's code for an answer of the model that breaks the schema: the next one may not."""
_MOST_TOKENS = 1 << 40
_FATAL = {
    401: "the key is missing or wrong: set OPENAI_API_KEY",
    402: "the account has no credit",
    403: "the key may not use this model or address",
    404: "no such model or path: check --model, and --base-url (does it end in /v1?)",
}


def read_completion(data: bytes) -> Completion:
    """Read a chat completion: the thoughts before the answer split off, secrets masked.

    Raises:
        Transient: it is not JSON, or holds no answer; what a proxy or a dying server sends.
    """
    try:
        reply = orjson.loads(data)
        choice = reply["choices"][0]
        message = choice["message"]
        thought, text = _content(message.get("content"))
        separate = message.get("reasoning_content") or message.get("reasoning")
        inside, text = thinking.split(text)
        reasoning = "\n".join(part for part in (_text(separate), thought, inside) if part)
        usage = _object(reply.get("usage"))
        prompt_tokens = _count(usage.get("prompt_tokens"))
        return Completion(
            text=masked(text or _text(message.get("refusal"))),
            tool_calls=_tool_calls(message.get("tool_calls")),
            reasoning=masked(reasoning) or None,
            thought_tokens=_thought_tokens(usage),
            logprob=_logprob(choice.get("logprobs"), inside is not None),
            finish_reason=_name(choice.get("finish_reason")),
            usage=Usage(
                prompt_tokens=prompt_tokens,
                completion_tokens=_count(usage.get("completion_tokens")),
                cached_tokens=min(prompt_tokens, _cached(usage)),
            ),
            prompt_logprobs=_read_logprobs(reply.get("prompt_logprobs")),
        )
    except (KeyError, IndexError, TypeError, AttributeError, ValueError, StopIteration):
        raise Transient(f"the server sent no completion but: {shown(data)}") from None


def _content(found: Any) -> tuple[str, str]:
    """Thoughts and answer, from a text or a list of parts."""
    if not isinstance(found, list):
        return "", _text(found)
    parts = [part for part in found if isinstance(part, dict)]
    thoughts = [_content(part.get("thinking"))[1] for part in parts if "thinking" in part]
    return "\n".join(thoughts), "".join(_text(part.get("text")) for part in parts)


def _tool_calls(found: Any) -> tuple[ToolCall, ...]:
    """The calls of an answer.

    Raises:
        ValueError: it has some that cannot be read.
    """
    if not found:
        return ()
    try:
        calls = read_calls(found, "the answer")
    except RowError as error:
        raise ValueError(str(error)) from None
    return tuple(ToolCall.model_validate_json(masked(orjson.dumps(call))) for call in calls)


def _text(found: Any) -> str:
    return found if isinstance(found, str) else ""


def _name(found: Any) -> str | None:
    return masked(found[:_LONGEST_MESSAGE]) if isinstance(found, str) else None


def _object(found: Any) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}


def _count(found: Any) -> int:
    """A number of tokens; 0 for what cannot be one."""
    sound = isinstance(found, int | float) and 0 <= found <= _MOST_TOKENS
    return int(found) if sound else 0


def _cached(usage: dict[str, Any]) -> int:
    return _count(_object(usage.get("prompt_tokens_details")).get("cached_tokens"))


def _thought_tokens(usage: dict[str, Any]) -> int | None:
    found = _object(usage.get("completion_tokens_details")).get("reasoning_tokens")
    return None if found is None else _count(found)


def _read_logprobs(tokens: list[dict[str, Any] | None] | None) -> tuple[float, ...] | None:
    """Of vLLM's list: null for the first token, then an object of the token's id and figures."""
    if not tokens:
        return None
    found = tuple(float(next(iter(token.values()))["logprob"]) for token in tokens if token)
    if not all(map(math.isfinite, found)):
        raise ValueError("a log-probability that is not a number")
    return found


def _logprob(found: Any, thoughts_in_text: bool) -> LogProb | None:
    """Of the answer's tokens, those of the thoughts before it left out."""
    if not found or not found.get("content"):
        return None
    tokens = found["content"]
    if thoughts_in_text:
        ends = [n for n, token in enumerate(tokens) if thinking.ends_thought(token["token"])]
        if not ends:
            return None
        tokens = tokens[ends[0] + 1 :]
    total = sum(float(token["logprob"]) for token in tokens)
    return LogProb(sum=round(total, 4), tokens=len(tokens)) if math.isfinite(total) else None


class Refusal:
    """An error reply, parsed."""

    def __init__(
        self, status: int, headers: Mapping[str, str], data: bytes, *, has_key: bool = True
    ) -> None:
        self._status = status
        self._headers = headers
        self._has_key = has_key
        message, self.parameter, self._code = _read_error(data)
        self.message = shown(message)

    @property
    def may_teach(self) -> bool:
        """Whether it may be about how the request was put; some servers say 403 or 500 to that."""
        return self._status in _ABOUT_THE_REQUEST

    def error(self) -> BackendError:
        """The error that it stands for."""
        text = f"HTTP {self._status}: {self.message}"
        if self._code == "insufficient_quota":
            return BackendFatal(text)
        if self._code == _BAD_JSON:
            return Transient(text)
        if self._status in (401, 403) and not self._has_key:
            return BackendFatal(f"{text} (no key is set: export OPENAI_API_KEY)")
        if self._status in _MOVED:  # and so it has for all requests, which go to one address
            place = self._headers.get("Location", "an address that it does not tell")
            return BackendFatal(f"HTTP {self._status}: the server has moved to {shown(place)}")
        if advice := _FATAL.get(self._status):
            return BackendFatal(f"{text} ({advice})")
        if self._status in _OVERLOADED:
            return Overloaded(text, _retry_after(self._headers))
        if self._status >= 500 or self._status in _PASSING:
            return Transient(text)
        return RequestRefused(text)


def _read_error(data: bytes) -> tuple[str | bytes, str | None, str | None]:
    """Message, parameter and code, from the forms that servers use."""
    try:
        reply: Any = orjson.loads(data)
    except orjson.JSONDecodeError:
        return data, None, None
    if isinstance(reply, list) and reply:
        reply = reply[0]
    found = reply.get("error") or reply if isinstance(reply, dict) else reply
    if not isinstance(found, dict):
        return str(found), None, None
    message = found.get("message") or found.get("detail") or found
    if isinstance(message, list):
        message = _validation(message)
    text = message if isinstance(message, str) else orjson.dumps(message)
    if isinstance(text, str) and (raw := _text(_object(found.get("metadata")).get("raw"))):
        text = f"{text}: {raw}"  # what a router heard from the server behind it
    return text, _text(found.get("param")) or None, _text(found.get("code")) or None


def _validation(details: list[Any]) -> str | list[Any]:
    """A FastAPI server's list of what it found wrong, as text; without the input it repeats."""
    if not all(isinstance(one, dict) and isinstance(one.get("loc"), list) for one in details):
        return details
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one.get('msg')}" for one in details)


def shown(text: str | bytes) -> str:
    """One line of at most so many characters."""
    if isinstance(text, bytes):
        text = text[: 16 * _LONGEST_MESSAGE].decode(errors="replace")
    # Masked before it is cut: half a key would not be known for one.
    line = " ".join(masked(text)[: 4 * _LONGEST_MESSAGE].split())
    return line if len(line) <= _LONGEST_MESSAGE else line[:_LONGEST_MESSAGE] + "..."


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from a number or an HTTP date; None if it asks for nothing sensible."""
    value = headers.get("Retry-After", "")
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError, OSError):
            return None
    return seconds if math.isfinite(seconds) and seconds > 0 else None
