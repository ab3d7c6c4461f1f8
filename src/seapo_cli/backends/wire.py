"""Chat-completion bodies, and what to do when a server does not support a part of one."""

from __future__ import annotations

import re
import sys
from typing import Any

from seapo_cli.records import Request

DEFAULT_URL = "https://api.openai.com/v1"
DEFAULT_CONCURRENCY = 64
RENAMED = {"max_tokens": "max_completion_tokens"}
_OPTIONAL = (
    *("seed", "response_format", "temperature", "top_p", "stop", "max_tokens", "logprobs"),
    *("add_generation_prompt", "continue_final_message"),
)
_UNSUPPORTED = re.compile(
    r"(un|not |n't )support|unknown|unrecognized|unexpected|unavailable"
    r"|not (permitted|allowed|available)|no longer|instead",
    re.IGNORECASE,
)


def body_of(request: Request, model: str) -> dict[str, Any]:
    """The JSON body of a chat-completion request; what is None is left to the server."""
    sampling = request.sampling
    body: dict[str, Any] = {
        "model": model,
        "messages": [{"role": m.role, "content": m.content} for m in request.messages],
    }
    for name in ("temperature", "top_p", "max_tokens", "seed", "stop"):
        value = getattr(sampling, name)
        if value is not None:
            body[name] = value
    if request.logprobs:
        body["logprobs"] = True
    if request.schema is not None:
        schema = {"name": "answer", "strict": True, "schema": request.schema}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    if request.scored:
        body["prompt_logprobs"] = 0  # vLLM's name
    if request.scored or request.prefill:  # the last turn is read as it stands, without an end
        body |= {"add_generation_prompt": False, "continue_final_message": True}
    return body


class Negotiation:
    """Remembers which optional parameters a server refused, and sends them no more."""

    def __init__(self) -> None:
        self._refused: set[str] = set()

    def apply(self, body: dict[str, Any]) -> dict[str, Any]:
        """The body without what was refused; renamed where there is a newer name."""
        for name in self._refused & body.keys():
            value = body.pop(name)
            if name in RENAMED:
                body[RENAMED[name]] = value
        return body

    def learn(self, message: str, parameter: str | None, body: dict[str, Any]) -> bool:
        """Whether an error names an optional parameter of `body`, so that it can go out without.

        An error that merely mentions one ("... you asked for max_tokens=5000, too long")
        says nothing of the sort and stays an error of its request.
        """
        if not _UNSUPPORTED.search(message):
            return False
        for name in _OPTIONAL:
            if name in body and (parameter == name or re.search(rf"\b{name}\b", message)):
                if name not in self._refused:
                    self._refused.add(name)
                    instead = f"sending {RENAMED[name]!r}" if name in RENAMED else "leaving it out"
                    print(f"seapo: the server refuses {name!r}: {instead}", file=sys.stderr)
                return True
        return False
