"""What a server's reply means: a completion, or which kind of error."""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from seapo_cli.errors import (
    BackendError,
    BackendFatal,
    Overloaded,
    RequestRefused,
    Transient,
)
from seapo_cli.records import Completion, LogProb, Usage

_LONGEST_MESSAGE = 300
_OVERLOADED = {429, 503, 529}
_PASSING = {408, 409, 425}
_FATAL = {
    401: "the key is missing or wrong: set OPENAI_API_KEY",
    402: "the account has no credit",
    403: "the key may not use this model or address",
    404: "no such model or path: check --model, and --base-url (does it end in /v1?)",
}


def read_completion(data: bytes, redact: str) -> Completion:
    """Read a chat completion; `redact`, the API key, is masked in error messages.

    Raises:
        Transient: it is no JSON, or holds no answer; what a proxy or a dying server sends.
    """
    try:
        reply = orjson.loads(data)
        choice = reply["choices"][0]
        text = choice["message"].get("content") or ""
        usage = reply.get("usage") or {}
        details = usage.get("prompt_tokens_details") or {}
        return Completion(
            text=text,
            logprob=_logprob(choice.get("logprobs")),
            finish_reason=choice.get("finish_reason"),
            usage=Usage(
                prompt_tokens=usage.get("prompt_tokens") or 0,
                completion_tokens=usage.get("completion_tokens") or 0,
                cached_tokens=details.get("cached_tokens") or 0,
            ),
            prompt_logprobs=_read_logprobs(reply.get("prompt_logprobs")),
        )
    except (orjson.JSONDecodeError, KeyError, IndexError, TypeError, AttributeError, ValueError):
        raise Transient(f"the server sent no completion but: {_shown(data, redact)}") from None


def _read_logprobs(tokens: list[dict[str, Any] | None] | None) -> tuple[float, ...] | None:
    """Of vLLM's list: null for the first token, then an object of the token's id and figures."""
    if not tokens:
        return None
    return tuple(next(iter(token.values()))["logprob"] for token in tokens if token)


def _logprob(found: Any) -> LogProb | None:
    if not found or not found.get("content"):
        return None
    each = [token["logprob"] for token in found["content"]]
    return LogProb(sum=round(sum(each), 4), tokens=len(each))


class Refusal:
    """An error reply, taken apart; `redact`, the API key, is masked in its message."""

    def __init__(self, status: int, headers: Mapping[str, str], data: bytes, redact: str) -> None:
        self._status = status
        self._headers = headers
        message, self.parameter, self._code = _read_error(data)
        self.message = _shown(message, redact)

    def error(self) -> BackendError:
        """The error that it stands for."""
        text = f"HTTP {self._status}: {self.message}"
        if self._code == "insufficient_quota":
            return BackendFatal(text)
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
    found = reply.get("error", reply) if isinstance(reply, dict) else reply
    if not isinstance(found, dict):
        return str(found), None, None
    message = found.get("message") or found.get("detail") or found
    text = message if isinstance(message, str) else orjson.dumps(message)
    return text, found.get("param"), found.get("code")


def _shown(text: str | bytes, redact: str) -> str:
    """One line of at most so many characters, without the key."""
    if isinstance(text, bytes):
        text = text.decode(errors="replace")
    if redact:
        text = text.replace(redact, "***")
    line = " ".join(text[: 4 * _LONGEST_MESSAGE].split())
    return line if len(line) <= _LONGEST_MESSAGE else line[:_LONGEST_MESSAGE] + "..."


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from a number or an HTTP date."""
    value = headers.get("Retry-After", "")
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None
