"""A question to a model that answers with one small JSON object, and how the reply is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from seapo_cli.completions import Completion, Request, Sampling
from seapo_cli.exceptions import RowError
from seapo_cli.messages import Message
from seapo_cli.text.replies import json_objects

Reply = TypeVar("Reply", bound=BaseModel)


def question(
    content: str, properties: Mapping[str, Any], max_tokens: int, seed: int = 0
) -> Request:
    """The request: what comes first among the properties is written, and bears on the rest."""
    sampling = Sampling(temperature=0.0, max_tokens=max_tokens, seed=seed)
    return Request((Message(role="user", content=content),), sampling, strict_object(properties))


def strict_object(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON schema of an object with all of these properties and no others.

    Of what constrains them use only `enum`, which llama.cpp, vLLM and OpenAI all enforce.
    """
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def read_reply(kind: type[Reply], completion: Completion, what: str) -> Reply:
    """The first object in a reply that is one of this kind.

    Raises:
        RowError: there is none; says that the judge gave no `what`.
    """
    for found in json_objects(completion.text):
        try:
            return kind.model_validate(found)
        except ValidationError:
            continue
    shown = " ".join(completion.text.split())[:80]
    raise RowError(
        f"the judge gave no {what} (finish_reason: {completion.finish_reason}) but: {shown!r}; "
        "is the model too small?"
    )
