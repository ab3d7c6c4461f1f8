"""Requests for rewards, as vLLM's server takes them; written against vLLM 0.32.

`/pooling` puts messages through the reward model's chat template; servers since 0.6.5 know it.
`/score` gives a cross-encoder two texts. Neither is below `/v1`. The activation is left out, so
that a reward is the model's own number; servers before 0.11 do not know that, and may answer
with its sigmoid, which ranks alike.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import orjson

from seapo_cli.backends.replies import shown
from seapo_cli.completions import Completion, Request, RewardForm, Usage
from seapo_cli.exceptions import BackendFatal, Transient

NO_SUCH_ENDPOINT = {404, 405, 501}
"""What servers without rewards answer."""


def address(url: str, form: RewardForm) -> str:
    """Where a server with this base URL takes such requests."""
    return f"{url.rstrip('/').removesuffix('/v1')}/{form}"


def body(
    request: Request, form: RewardForm, model: str, extra: Mapping[str, Any]
) -> dict[str, Any]:
    """The JSON body; nothing is truncated, so that what is too long is refused."""
    made: dict[str, Any] = {"model": model, "use_activation": False}
    if form == "score":
        prompt, answer = request.messages
        made |= {"text_1": prompt.content, "text_2": answer.content}
    else:
        made |= {"messages": [turn.dump("text") for turn in request.messages], "task": "classify"}
        if request.tools:
            made["chat_template_kwargs"] = {"tools": list(request.tools)}
    template = made.get("chat_template_kwargs", {}) | (extra.get("chat_template_kwargs") or {})
    made |= extra
    if template:
        made["chat_template_kwargs"] = template
    return {name: value for name, value in made.items() if value is not None}


def read(data: bytes, form: RewardForm) -> Completion:
    """Read a reply.

    Raises:
        BackendFatal: the model gives several numbers, of which none is the reward.
        Transient: it is not JSON, or holds no number; what a proxy or a dying server sends.
    """
    try:
        reply = orjson.loads(data)
        (entry,) = reply["data"]
        found = entry["score"] if form == "score" else entry["data"]
        if isinstance(found, list):
            if len(found) != 1 or isinstance(found[0], list):
                raise BackendFatal(_several(found))
            (found,) = found
        reward = float(found)
        if isinstance(found, str | bool) or not math.isfinite(reward):
            raise ValueError(found)
        tokens = reply.get("usage", {}).get("prompt_tokens", 0)
        return Completion(text="", reward=reward, usage=Usage(prompt_tokens=tokens))
    except (KeyError, TypeError, AttributeError, ValueError):
        raise Transient(f"the server sent no reward but: {shown(data)}") from None


def _several(found: list[Any]) -> str:
    if found and isinstance(found[0], list):
        return (
            "the model gives numbers for each token, not one for the answer: it is an embedding "
            "model, or a reward model of steps or tokens, which seapo does not read"
        )
    return (
        f"the model gives {len(found):,} numbers, a reward model has one label: "
        "it is a classifier or an embedding model"
    )
