"""What flows through the pipeline: rows, messages, model requests and their answers.

A `Row` keeps every key it came with, in its order; stages only add keys. The pydantic
models are the objects that stages add (DESIGN section 2) and what a backend returns.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from seapo_cli.calls import (
    Called,
    Form,
    Tool,
    ToolCall,
    exact,
    read_calls,
    read_tools,
    written,
)
from seapo_cli.exceptions import RowError
from seapo_cli.io.json_text import decode

PROMPT_KEYS = ("prompt", "instruction", "question", "messages", "conversations")
RESPONSE_KEYS = ("response", "output", "answer", "completion", "chosen")
NEGATIVE_KEYS = ("negative", "rejected")


class Message(BaseModel):
    """One turn of a conversation."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    """What an assistant's turn calls."""
    tool_call_id: str | None = None
    """The call that a tool's turn answers."""
    name: str | None = None
    """The tool whose turn it is."""

    @property
    def answer(self) -> str:
        """What the turn says and calls, as text."""
        return Called(self.content, self.tool_calls) if self.tool_calls else self.content

    @classmethod
    def of(cls, answer: str) -> Message:
        """The assistant's turn that an answer is."""
        if isinstance(answer, Called):
            return cls(role="assistant", content=answer.content, tool_calls=answer.calls)
        return cls(role="assistant", content=answer)

    def dump(self, form: Form = "given") -> dict[str, Any]:
        """The turn in OpenAI's form."""
        found: dict[str, Any] = {"role": self.role, "content": self.content}
        if self.tool_calls:
            found["tool_calls"] = [call.dump(form) for call in self.tool_calls]
        for name in ("tool_call_id", "name"):
            if (value := getattr(self, name)) is not None:
                found[name] = value
        return found

    @property
    def key(self) -> list[Any]:
        """What names the turn in hashes: role and content, and what more there is of tools."""
        plain = not (self.tool_calls or self.tool_call_id or self.name)
        return [self.role, self.content, *([] if plain else [exact(self.dump())])]


_SPEAKERS = {"human": "user", "gpt": "assistant", "chatgpt": "assistant", "bing": "assistant"}
"""Roles by their names in ShareGPT's `from`."""

Prompt = str | tuple[Message, ...]
_messages = TypeAdapter(tuple[Message, ...])


class Usage(BaseModel):
    """Tokens of one request, or of all requests behind one row."""

    model_config = ConfigDict(frozen=True)

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    """Prompt tokens that the server took from its prefix cache, where it says."""

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
        )


class Sampling(BaseModel):
    """Decoding parameters; None leaves the choice to the server."""

    model_config = ConfigDict(frozen=True)

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    """Of the answer itself: the backend adds room to think where the model thinks."""
    seed: int | None = None
    stop: tuple[str, ...] | None = None


class LogProb(BaseModel):
    """How likely a model finds its own text."""

    model_config = ConfigDict(frozen=True)

    sum: float
    """Natural logarithm of the probability of all tokens, one after the other."""
    tokens: int


class Completion(BaseModel):
    """A model's answer to one request."""

    model_config = ConfigDict(frozen=True)

    text: str
    """The answer, without what the model thought before it."""
    reasoning: str | None = None
    """What it thought, where the server tells."""
    thought_tokens: int | None = None
    """How many of the completion tokens were thought; None where the server does not say."""
    finish_reason: str | None = None
    """`stop`, `length` (cut by the token limit), `content_filter`, ... as the server says."""
    usage: Usage = Usage()
    prompt_logprobs: tuple[float, ...] | None = None
    """Log-probability of each prompt token but the first, where the request asked for them."""
    logprob: LogProb | None = None
    """Of the answer, where the request wanted it and the server gave it."""
    tool_calls: tuple[ToolCall, ...] = ()

    @property
    def answer(self) -> str:
        """The text with the calls, if it has any."""
        return Called(self.text, self.tool_calls) if self.tool_calls else self.text


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
class Request:
    """One request to a model: all that decides its answer."""

    messages: tuple[Message, ...]
    sampling: Sampling = field(default_factory=Sampling)
    schema: Mapping[str, Any] | None = None
    """JSON schema that the answer must follow; None for free text."""
    index: int = 0
    """Which of several answers to the same messages and parameters this one is."""
    scored: bool = False
    """Wants the log-probabilities of the messages, the last of which is an open assistant turn."""
    logprobs: bool = False
    """Whether the answer's log-probability is wanted."""
    room: int | None = None
    """Tokens to think beyond `sampling.max_tokens`; None leaves it to the backend. Not part of
    what is asked for, and so not of the store's key."""
    prefill: bool = False
    """The last message is an open assistant turn, which the answer continues."""
    tools: tuple[Tool, ...] = ()
    """What the model may call."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of input, read: the user's own keys plus what seapo needs of them."""

    data: Mapping[str, Any]
    id: str
    prompt: Prompt
    response: str | None = None
    """`Called` where it calls tools."""
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
            out.setdefault("response", written(self.response))
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
        raise RowError(f"a row must be a JSON object, this one is {_kind(data)}{hint}")
    prompt, response = _read_prompt(data, keys)
    prompt = _with_system(prompt, data.get("system"))
    given = _read_response(data, keys)
    response = response if given is None else given
    tools = read_tools(data.get("tools"))
    row_id = data.get("id")
    if row_id is None:
        row_id = hashlib.blake2b(_prompt_bytes(prompt, tools), digest_size=8).hexdigest()
    elif not isinstance(row_id, str | int):
        raise RowError(f"key 'id' must be a string, this one is {_kind(row_id)}")
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


def error_type_of(data: Mapping[str, Any]) -> str | None:
    """The mistake that a row claims: `error.type` of `inject`, or the label `error_type`."""
    error = data.get("error")
    kind = error.get("type") if isinstance(error, dict) else data.get("error_type")
    return kind if isinstance(kind, str) else None


def answer_text(value: object, name: str) -> str:
    """An answer that is a string, a message, or the last turn of a list of messages.

    Raises:
        RowError: it is something else.
    """
    if isinstance(value, str):
        return value
    messages = read_messages(value, name)
    if messages[-1].role != "assistant":
        raise RowError(f"key {name!r} must end with an assistant turn")
    return messages[-1].answer


def read_messages(value: object, name: str) -> tuple[Message, ...]:
    """Read one message or a list of them, found under the key `name`.

    Raises:
        RowError: it is something else.
    """
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list) or not value:
        raise RowError(f"key {name!r} must be a string or a list of messages, it is {_kind(value)}")
    try:
        return _messages.validate_python([_turn(one, name) for one in value])
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RowError(f"key {name!r}: message {where}: {first['msg']}") from None


def _turn(value: object, name: str) -> object:
    """A turn as role and text: ShareGPT's `from` and `value` too, and content in parts of text.

    Raises:
        RowError: it holds more than text.
    """
    if not isinstance(value, dict):
        return value
    if value.keys() >= {"from", "value"}:
        role = value["from"]
        value = {
            "role": _SPEAKERS.get(role, role) if isinstance(role, str) else role,
            "content": value["value"],
        }
    role, content = value.get("role"), value.get("content")
    if role == "function_call":  # ShareGPT's, as LLaMA-Factory reads it
        value = {"role": "assistant", "tool_calls": _shared_calls(content, name)}
    elif role == "observation":
        value = {"role": "tool", "content": content}
    if calls := value.get("tool_calls"):
        content = content if value.get("content") is not None else ""
        value = {**value, "content": content, "tool_calls": read_calls(calls, f"key {name!r}")}
    else:
        value = {key: one for key, one in value.items() if key != "tool_calls"}
    if value.get("role") != "tool":  # elsewhere a name says who speaks
        value = {key: one for key, one in value.items() if key not in ("name", "tool_call_id")}
    if not isinstance(content, list):
        return value
    texts = [part.get("text") for part in content if isinstance(part, dict)]
    if len(texts) < len(content) or not all(isinstance(text, str) for text in texts):
        raise RowError(
            f"key {name!r} holds images or other parts, seapo reads text only: leave such rows out"
        )
    return {**value, "content": "\n".join(map(str, texts))}


def _shared_calls(value: object, name: str) -> object:
    """The calls in a turn of ShareGPT's, whose value is their JSON."""
    try:
        found = decode(value.encode()) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        raise RowError(f"key {name!r}: a function_call is not valid JSON") from None
    return found if isinstance(found, list) else [found]


def _dump_prompt(prompt: Prompt) -> str | list[dict[str, Any]]:
    if isinstance(prompt, str):
        return prompt
    return [message.dump() for message in prompt]


def _prompt_bytes(prompt: Prompt, tools: tuple[Tool, ...]) -> bytes:
    """What names a prompt: as it always was where nothing is called."""
    if not tools and (isinstance(prompt, str) or all(len(m.key) == 2 for m in prompt)):
        return orjson.dumps(_dump_prompt(prompt))
    return exact([_dump_prompt(prompt), tools]).encode(errors="surrogatepass")


def _kind(value: object) -> str:
    names = {type(None): "null", bool: "a boolean", int: "a number", float: "a number"}
    names |= {str: "a string", list: "a list", dict: "an object"}
    return names.get(type(value), type(value).__name__)
