"""What servers refuse, in their own words, and how they are asked from then on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from seapo_cli.backends.replies import Refusal
from seapo_cli.backends.wire import DEFAULT_URL, Dialect
from seapo_cli.completions import Request, Sampling
from seapo_cli.exceptions import BackendFatal, Transient
from seapo_cli.messages import Message

SAMPLING = Sampling(temperature=0, top_p=0.9, max_tokens=5, seed=1, stop=("x",))
ASKED = Request((Message(role="user", content="x"),), SAMPLING, {"type": "object"}, logprobs=True)


def said(message: str, **more: Any) -> dict[str, Any]:
    """An error in OpenAI's form."""
    return {"error": {"message": message, **more}}


def pydantic(*loc: str, msg: str) -> dict[str, Any]:
    """The 422 of a FastAPI server, with the input that it repeats."""
    where = ["body", *loc]
    return {"detail": [{"type": "t", "loc": where, "msg": msg, "input": "seed is unsupported"}]}


REFUSALS: list[tuple[str, int, Any]] = [
    (
        "max_tokens",
        400,
        said(
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
            "'max_completion_tokens' instead.",
            param="max_tokens",
            code="unsupported_parameter",
        ),
    ),
    (
        "temperature",
        400,
        said(
            "Unsupported value: 'temperature' does not support 0 with this model. Only the "
            "default (1) value is supported.",
            param="temperature",
        ),
    ),
    ("temperature", 400, {"error": "`temperature` is deprecated for this model."}),
    ("temperature", 400, {"error": "invalid temperature: only 1 is allowed for this model"}),
    ("temperature", 422, {"error": "Input validation: `temperature` must be strictly positive"}),
    ("seed", 422, pydantic("seed", msg="Extra inputs are not permitted")),
    ("seed", 400, said("property 'seed' is unsupported")),
    ("seed", 400, [said('Unknown name "seed": Cannot find field.')]),
    ("stop", 400, {"error": "Argument not supported on this model: stop"}),
    ("temperature", 400, {"error": "`temperature` and `top_p` cannot both be specified"}),
    ("logprobs", 403, said("You are not allowed to request logprobs from this model")),
    ("logprobs", 400, said("`logprobs` is not supported with this model")),
    (
        "response_format",
        422,
        pydantic("response_format", "type", msg="Input should be 'text' or 'json_object'"),
    ),
    ("response_format", 400, {"error": "'response_format.type' must be 'json_object' or 'text'"}),
    (
        "response_format",
        400,
        said(
            "This model does not support response format `json_schema`. See supported models at "
            "https://host/docs/structured-outputs"
        ),
    ),
    ("response_format", 400, {"error": "This response_format type is unavailable now"}),
    ("response_format", 400, said("json_schema is enabled only for api versions after 2024")),
    ("response_format", 500, {"error": "failed to parse grammar"}),
    (
        "response_format",
        400,
        said("Provider returned error", code=400, metadata={"raw": "no json_schema here"}),
    ),
]


@pytest.mark.parametrize(("name", "status", "reply"), REFUSALS)
def test_a_refusal_teaches(name: str, status: int, reply: Any) -> None:
    dialect = Dialect("http://here/v1", "m", {})
    before = dialect.body(ASKED)
    refusal = Refusal(status, {}, json.dumps(reply).encode())
    assert refusal.may_teach
    assert dialect.learn(refusal.message, refusal.parameter, before)
    after = dialect.body(ASKED)
    if name == "response_format":
        assert after[name] == {"type": "json_object"}
        assert '{"type":"object"}' in after["messages"][-1]["content"]
    else:
        assert before.keys() - after.keys() == {name}


@pytest.mark.parametrize(
    "reply",
    [
        {"error": "you asked for max_tokens=5000: too long"},
        {"error": "max_tokens is too large: 5. This model supports at most 4 completion tokens"},
        {"error": "Unknown parameter: user"},
        {"error": "the prompt is too long"},
        pydantic("messages", "0", "content", msg="Input should be a valid string"),
        pydantic("top_k", msg="Extra inputs are not permitted"),
    ],
)
def test_other_errors_teach_nothing(reply: Any) -> None:
    dialect = Dialect("http://here/v1", "m", {})
    body = dialect.body(ASKED)
    refusal = Refusal(422, {}, json.dumps(reply).encode())
    assert not dialect.learn(refusal.message, refusal.parameter, body)
    assert dialect.body(ASKED) == body


def test_formats_fall_back_one_after_the_other_and_each_is_said_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    dialect = Dialect("http://here/v1", "m", {})
    refused = "response_format is not supported"
    first = dialect.body(ASKED)
    for _ in range(3):  # three were open together: one lesson
        assert dialect.learn(refused, None, first)
    second = dialect.body(ASKED)
    assert second["response_format"] == {"type": "json_object"}
    assert dialect.learn(refused, None, second)
    third = dialect.body(ASKED)
    assert "response_format" not in third
    assert "Answer with JSON only" in third["messages"][-1]["content"]
    assert not dialect.learn(refused, None, third)
    assert capsys.readouterr().err.splitlines() == [
        "seapo: the server refuses 'json_schema': sending 'json_object'",
        "seapo: the server refuses 'json_object': leaving it out",
    ]


def test_the_token_limit_has_two_names() -> None:
    dialect = Dialect("http://here/v1", "m", {})
    assert dialect.learn("Unknown parameter: max_tokens", None, dialect.body(ASKED))
    body = dialect.body(ASKED)
    assert (body.get("max_tokens"), body["max_completion_tokens"]) == (None, 5)
    assert dialect.learn("Unknown parameter: max_completion_tokens", None, body)
    assert not dialect.body(ASKED).keys() & {"max_tokens", "max_completion_tokens"}


def test_further_fields() -> None:
    extra = {"top_k": 20, "seed": None, "temperature": 1, "max_tokens": 77}
    dialect = Dialect(DEFAULT_URL, "gpt-5-mini", extra)
    body = dialect.body(ASKED)
    assert (body["top_k"], body["temperature"], body["max_tokens"]) == (20, 1, 77)
    assert not body.keys() & {"seed", "max_completion_tokens"}
    # What the user asked for is not left out behind their back.
    assert not dialect.learn("'temperature' is not supported", "temperature", body)


def test_what_openais_models_refuse_is_not_sent() -> None:
    body = Dialect(DEFAULT_URL, "gpt-5-mini", {}).body(ASKED)
    assert not body.keys() & {"temperature", "top_p", "stop", "logprobs", "max_tokens"}
    assert body["max_completion_tokens"] > 5
    body = Dialect(DEFAULT_URL, "gpt-4o", {}).body(ASKED)
    assert (body["temperature"], body["max_completion_tokens"]) == (0, 5)


def test_too_much_room_for_the_context() -> None:
    dialect = Dialect("http://here/v1", "o3", {})
    refused = "This model's maximum context length is 4096 tokens"
    smaller = dialect.without_room(refused, ASKED)
    assert smaller is not None
    assert dialect.body(smaller)["max_tokens"] < dialect.body(ASKED)["max_tokens"]
    assert dialect.without_room("the word is forbidden", ASKED) is None


def test_an_answer_that_breaks_the_schema_may_be_better_next_time() -> None:
    reply = said("Generated JSON does not match the schema.", code="json_validate_failed")
    refusal = Refusal(400, {}, json.dumps(reply).encode())
    assert type(refusal.error()) is Transient


def test_a_key_without_rights_is_still_told() -> None:
    refusal = Refusal(403, {}, b'{"error": "not for you"}')
    dialect = Dialect("http://here/v1", "m", {})
    assert not dialect.learn(refusal.message, refusal.parameter, dialect.body(ASKED))
    assert type(refusal.error()) is BackendFatal
