"""What flows through the pipeline: rows, and what the stages add to them.

A `Row` keeps every key it came with, in its order; stages only add keys. The pydantic
models are the objects that stages add (DESIGN section 2).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict

from seapo_cli.calls import Tool, canonical_json, dump_answer, read_tools
from seapo_cli.completions import LogProb, Sampling, Usage
from seapo_cli.exceptions import RowError
from seapo_cli.messages import Message, Prompt, answer_text, dump_messages, kind_of, read_messages

PROMPT_KEYS = ("prompt", "instruction", "question", "messages", "conversations")
RESPONSE_KEYS = ("response", "output", "answer", "completion", "chosen")
NEGATIVE_KEYS = ("negative", "rejected")


class Edit(BaseModel):
    """One replaced span. Offsets are in characters of the positive `response`, or of its
    canonical text (`calls`) where it calls tools.

    An insertion has `start == end` and an empty `original`.
    """

    model_config = ConfigDict(frozen=True)

    start: int
    end: int
    original: str
    replacement: str


class SampleInfo(BaseModel):
    """What `sample` adds under the key `sample`."""

    model: str
    parameters: Sampling
    index: int
    finish_reason: str | None
    truncated: bool
    usage: Usage
    logprob: LogProb | None = None
    reasoning: str | None = None
    """What the model thought before it answered."""


class ErrorInfo(BaseModel):
    """What `inject` adds under the key `error`."""

    type: str
    traits: tuple[str, ...] = ()
    """Switches of the type's front matter that are on, for checks that know only packaged types."""
    mode: str
    edits: tuple[Edit, ...]
    note: str | None = None
    """What becomes wrong, in the injecting model's words."""
    model: str
    template: str
    template_hash: str
    attempts: int
    finish_reason: str | None
    usage: Usage
    """Tokens of all attempts together: what this negative cost."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of input, read: the user's own keys plus what seapo needs of them."""

    data: Mapping[str, Any]
    id: str
    prompt: Prompt
    response: str | None = None
    """`ToolAnswer` where it calls tools."""
    line: int = field(default=0, compare=False)
    tools: tuple[Tool, ...] = ()
    """What the prompt offers to call."""

    @property
    def messages(self) -> tuple[Message, ...]:
        """The prompt as messages; a plain string is one user turn."""
        if isinstance(self.prompt, str):
            return (Message(role="user", content=self.prompt),)
        return self.prompt

    def extended(self, **added: Any) -> dict[str, Any]:
        """The output row: what it came with, `id`, `prompt`, `response` if missing, and `added`."""
        out = dict(self.data)
        out.setdefault("id", self.id)
        if "prompt" not in out:
            out["prompt"] = _dump_prompt(self.prompt)
        if self.response is not None:
            out.setdefault("response", dump_answer(self.response))
        out.update(added)
        return out


@dataclass(frozen=True, slots=True)
class Keys:
    """Names of the keys that hold prompt and answers; None recognises the usual ones."""

    prompt: str | None = None
    response: str | None = None
    negative: str | None = None


def read_row(data: object, keys: Keys = Keys(), line: int = 0) -> Row:
    """Read one decoded JSON line as a row.

    Raises:
        RowError: it is not an object, has no prompt, or a part has the wrong type.
    """
    if not isinstance(data, dict):
        hint = ": `jq -c '.[]'` makes rows of an array" if isinstance(data, list) else ""
        raise RowError(f"a row must be a JSON object, this one is {kind_of(data)}{hint}")
    prompt, response = _read_prompt(data, keys)
    prompt = _with_system(prompt, data.get("system"))
    given = _read_response(data, keys)
    response = response if given is None else given
    tools = read_tools(data.get("tools"))
    row_id = data.get("id")
    if row_id is None:
        row_id = hashlib.blake2b(_prompt_bytes(prompt, tools), digest_size=8).hexdigest()
    elif not isinstance(row_id, str | int):
        raise RowError(f"key 'id' must be a string, this one is {kind_of(row_id)}")
    return Row(data=data, id=str(row_id), prompt=prompt, response=response, line=line, tools=tools)


def _read_prompt(data: Mapping[str, Any], keys: Keys) -> tuple[Prompt, str | None]:
    """The prompt, and the answer where the messages end in an assistant turn."""
    names = (keys.prompt,) if keys.prompt else PROMPT_KEYS
    name = next((n for n in names if data.get(n) is not None), None)
    if name is None:
        wanted = " or ".join(repr(n) for n in names)
        raise RowError(f"no prompt: expected key {wanted}; name another with --prompt-key")
    value = data[name]
    if isinstance(value, str):
        if name == "instruction" and isinstance(data.get("input"), str) and data["input"]:
            value = f"{value}\n\n{data['input']}"
        if not value.strip():
            raise RowError(f"key {name!r} is empty")
        return value, None
    messages = read_messages(value, name)
    if messages[-1].role == "assistant":
        if len(messages) == 1:
            raise RowError(f"key {name!r} holds an assistant turn only, with no request before it")
        return messages[:-1], messages[-1].answer
    return messages, None


def _with_system(prompt: Prompt, system: object) -> Prompt:
    """The prompt with the row's own column `system` first, where it brings no system turn."""
    if not isinstance(system, str) or not system.strip():
        return prompt
    turns = (Message(role="user", content=prompt),) if isinstance(prompt, str) else prompt
    if turns[0].role in ("system", "developer"):
        return prompt
    return (Message(role="system", content=system), *turns)


def _read_response(data: Mapping[str, Any], keys: Keys) -> str | None:
    names = (keys.response,) if keys.response else RESPONSE_KEYS
    name = next((n for n in names if data.get(n) is not None), None)
    if name is None:
        if keys.response:
            raise RowError(f"no key {keys.response!r} (--response-key)")
        return None
    value = answer_text(data[name], name)
    if not value.strip():
        raise RowError(f"key {name!r} is empty: remove it to have the prompt answered")
    return value


def read_sides(row: Row, keys: Keys) -> tuple[str, str]:
    """The good answer and the bad one of a row that holds both; the bad one may be empty.

    Rows of `inject` have `response` and `negative`, plain pairs `chosen` and `rejected`.

    Raises:
        RowError: one is missing, or has the wrong type.
    """
    data, response = row.data, row.response
    names = (keys.negative,) if keys.negative else NEGATIVE_KEYS
    name = next((n for n in names if data.get(n) is not None), None)
    if name is None:
        wanted = " or ".join(repr(n) for n in names)
        raise RowError(f"no negative: expected key {wanted}; name another with --negative-key")
    if name == "rejected" and keys.response is None and data.get("chosen") is not None:
        response = answer_text(data["chosen"], "chosen")  # whatever else the row holds
    if response is None or not response.strip():
        raise RowError("no good answer to compare the negative with; name its --response-key")
    return response, answer_text(data[name], name)


UNTYPED = "untyped"
"""What pairs without an error type are counted as."""


def error_type_of(data: Mapping[str, Any]) -> str | None:
    """The mistake that a row claims: `error.type` of `inject`, or the label `error_type`."""
    error = data.get("error")
    kind = error.get("type") if isinstance(error, dict) else data.get("error_type")
    return kind if isinstance(kind, str) else None


def _dump_prompt(prompt: Prompt) -> str | list[dict[str, Any]]:
    if isinstance(prompt, str):
        return prompt
    return dump_messages(prompt)


def _prompt_bytes(prompt: Prompt, tools: tuple[Tool, ...]) -> bytes:
    """What names a prompt: as it always was where nothing is called."""
    if not tools and (isinstance(prompt, str) or all(len(m.key) == 2 for m in prompt)):
        return orjson.dumps(_dump_prompt(prompt))
    return canonical_json([_dump_prompt(prompt), tools]).encode(errors="surrogatepass")
