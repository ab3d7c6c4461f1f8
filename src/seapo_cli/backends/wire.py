"""Chat-completion bodies, in the dialect that a server understands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from seapo_cli.backends.thinking import Room
from seapo_cli.completions import Request
from seapo_cli.text.safe import tell

DEFAULT_URL = "https://api.openai.com/v1"
DEFAULT_CONCURRENCY = 64
_FORMS = {
    "response_format": ("json_schema", "json_object"),
    "max_tokens": ("max_tokens", "max_completion_tokens"),
    "temperature": ("temperature",),
    "top_p": ("top_p",),
    "seed": ("seed",),
    "stop": ("stop",),
    "logprobs": ("logprobs",),
    "add_generation_prompt": ("add_generation_prompt",),
    "continue_final_message": ("continue_final_message",),
}
"""Optional parameters with their forms, the best first; after the last one it is left out."""
_THINKERS_REFUSE = ("temperature", "top_p", "stop", "logprobs")
_THINKERS = re.compile(r"o\d|gpt-5(?!.*chat)")
_UNSUPPORTED = re.compile(
    r"(un|not |n't )support|unknown|unrecognized|unexpected|unavailable|deprecated"
    r"|not (permitted|allowed|available|enabled)|no longer|instead|extra input"
    r"|only .{0,40}\b(allowed|supported)|only the default|strictly positive|cannot both",
    re.IGNORECASE,
)
_JSON = re.compile(
    r"response.?format|json.?(schema|object|mode)|structured.?output|guided|grammar", re.IGNORECASE
)
_TOO_LONG = re.compile(
    r"context|too (large|long|high|many)|at most|exceed|maximum|less than or equal", re.IGNORECASE
)


class Dialect:
    """How one server wants to be asked for one model; learnt from what it refuses."""

    def __init__(self, url: str, model: str, extra: Mapping[str, Any]) -> None:
        self._model = model
        self._extra = extra
        self.room = Room(model, extra)
        self._step = dict.fromkeys(_FORMS, 0)
        """By parameter: which of its forms is sent."""
        if url == DEFAULT_URL:  # known, so that batches are right too, which cannot find out
            self._step["max_tokens"] = 1
            if _THINKERS.match(model):
                self._step |= dict.fromkeys(_THINKERS_REFUSE, 1)

    def body(self, request: Request) -> dict[str, Any]:
        """The JSON body of a request; what is None is left to the server."""
        sampling = request.sampling
        messages = [message.dump("text") for message in request.messages]
        is_open = request.scored or request.prefill  # the last turn is read without an end
        body: dict[str, Any] = {"model": self._model, "messages": messages}
        wanted = {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_tokens": self.room.limit(request),
            "seed": sampling.seed,
            "stop": sampling.stop,
            "logprobs": request.logprobs or None,
            "add_generation_prompt": False if is_open else None,
            "continue_final_message": True if is_open else None,
        }
        for name, value in wanted.items():
            form = self._form(name)
            if value is not None and form:
                body[form] = value
        if request.tools:
            body["tools"] = list(request.tools)
        if request.schema is not None:
            self._add_schema(request.schema, body)
        if request.scored:
            body["prompt_logprobs"] = 0  # vLLM's name
        return self._with_extra(body)

    def _form(self, name: str) -> str | None:
        forms = _FORMS[name]
        return forms[self._step[name]] if self._step[name] < len(forms) else None

    def _add_schema(self, schema: Mapping[str, Any], body: dict[str, Any]) -> None:
        form = self._form("response_format")
        if form == "json_schema":
            named = {"name": "answer", "strict": True, "schema": schema}
            body["response_format"] = {"type": form, "json_schema": named}
            return
        if form:
            body["response_format"] = {"type": form}
        # What the server does not enforce, the model has to be told.
        instruction = f"\n\nAnswer with JSON only, of this schema:\n{orjson.dumps(schema).decode()}"
        body["messages"][-1]["content"] += instruction

    def _with_extra(self, body: dict[str, Any]) -> dict[str, Any]:
        if self._extra.keys() & _FORMS["max_tokens"]:
            for form in _FORMS["max_tokens"]:
                body.pop(form, None)
        body |= self._extra
        return {name: value for name, value in body.items() if value is not None}

    def learn(self, message: str, parameter: str | None, body: Mapping[str, Any]) -> bool:
        """Whether a refusal of `body` shows that another form is needed; reports each finding once.

        An error that merely mentions a parameter ("... you asked for max_tokens=5000, too
        long") does not show that and stays an error of its request.
        """
        for name, forms in _FORMS.items():
            if self._extra.keys() & {name, *forms}:
                continue  # only the user may take back what the user asked for
            sent = _sent(name, body)
            if sent is None:
                continue
            if _concerns(name, sent, message, parameter):
                step = forms.index(sent) + 1
                if step > self._step[name]:
                    self._step[name] = step
                    instead = self._form(name)
                    doing = f"sending {instead!r}" if instead else "leaving it out"
                    tell(f"seapo: the server refuses {sent!r}: {doing}")
                return True
        return False

    def without_room(self, message: str, request: Request) -> Request | None:
        """The request with less room to think, where a refusal says that it was too much."""
        return self.room.smaller(request) if _TOO_LONG.search(message) else None


def _sent(name: str, body: Mapping[str, Any]) -> str | None:
    """The form in which a body holds a parameter."""
    if name == "response_format":
        form = (body.get(name) or {}).get("type")
        return form if form in _FORMS[name] else None
    return next((form for form in _FORMS[name] if form in body), None)


def _concerns(name: str, sent: str, message: str, parameter: str | None) -> bool:
    """Whether a message refuses a parameter; of a format any complaint will do."""
    if name == "response_format":
        return parameter == name or bool(_JSON.search(message))
    if not _UNSUPPORTED.search(message):
        return False
    return parameter in (name, sent) or bool(re.search(rf"\b{sent}\b", message))
