"""Models that think, end to end, and fields of the request that the user sets."""

from __future__ import annotations

import json
from typing import Literal

import pytest

from running import Seapo, prompts
from servers import Behaviour, Fault

ROWS = [
    {"id": str(n), "prompt": f"How long is river {n}?", "response": f"It is {n + 20} km long."}
    for n in range(3)
]


@pytest.mark.parametrize("where", ["tag", "field", "hidden"])
def test_thoughts_are_kept_apart(seapo: Seapo, where: Literal["tag", "field", "hidden"]) -> None:
    seapo.server.set(Behaviour())
    plain = [row["response"] for row in seapo.run("sample", "--no-store", stdin=prompts(3)).rows]
    seapo.server.set(Behaviour(thinks=5, thoughts=where))
    rows = seapo.run("sample", stdin=prompts(3)).rows
    assert [row["response"] for row in rows] == plain
    told = None if where == "hidden" else "hm hm hm hm hm"
    assert [row["sample"].get("reasoning") for row in rows] == [told] * 3
    again = seapo.run("sample", stdin=prompts(3)).rows
    assert again == rows


@pytest.mark.parametrize("where", ["tag", "field", "hidden"])
@pytest.mark.parametrize("mode", ["propose", "rewrite"])
def test_injection_leaves_room_to_think(
    seapo: Seapo, where: Literal["tag", "field", "hidden"], mode: str
) -> None:
    echo = r"It is \d+ km long\."
    seapo.server.set(Behaviour(thinks=900, thoughts=where, echo=echo))
    options = ["-t", "factual", "--mode", mode, "--summary", "summary.json"]
    result = seapo.run("inject", *options, stdin=ROWS)
    assert result.code == 0, result.stderr
    assert all("hm" not in row["negative"] for row in result.rows)
    assert seapo.summary()["requests_sent"] == len(seapo.server.log().entries)
    assert len(seapo.server.log().entries) <= 2 * len(ROWS)


def test_thinking_without_end_is_paid_twice_at_most(seapo: Seapo) -> None:
    seapo.server.set(Behaviour(thinks=100_000))
    options = ["-t", "factual", "--mode", "rewrite", "--errors", "errors.jsonl"]
    result = seapo.run("inject", *options, stdin=ROWS)
    assert result.code in (1, 3)
    reasons = [error["reason"] for error in seapo.errors()]
    assert len(reasons) == len(ROWS)
    assert all("finish_reason: length" in reason for reason in reasons)
    sent = len(seapo.server.log().entries)
    assert sent <= 2 * len(ROWS)
    seapo.run("inject", *options, stdin=ROWS)
    assert len(seapo.server.log().entries) == sent


@pytest.mark.parametrize("mode", ["propose", "rewrite"])
def test_a_response_that_is_nothing_but_thoughts_fails_its_row(seapo: Seapo, mode: str) -> None:
    rows = [ROWS[0] | {"response": "<think>It is 6 km"}, *ROWS[1:]]
    result = seapo.run("inject", "-t", "factual", "--mode", mode, stdin=rows)
    assert "stdin:1: the response holds only thoughts" in result.stderr
    assert "Traceback" not in result.stderr
    assert "1 failed" in result.stderr or result.code == 1


def test_any_field_of_the_request(seapo: Seapo) -> None:
    fields = ["--extra-body", "top_k=20", "--extra-body", "user=me and you"]
    fields += ["--extra-body", 'chat_template_kwargs={"enable_thinking": false}']
    fields += ["--extra-body", "seed=null", "--reasoning-effort", "low"]
    assert seapo.run("sample", *fields, stdin=prompts(1)).code == 0
    (entry,) = seapo.server.log().entries
    assert "seed" not in entry.body
    assert entry.body["top_k"] == 20
    assert entry.body["user"] == "me and you"
    assert entry.body["chat_template_kwargs"] == {"enable_thinking": False}
    assert entry.body["reasoning_effort"] == "low"
    # The same again is known, another value is another request.
    seapo.run("sample", *fields, stdin=prompts(1))
    assert len(seapo.server.log().entries) == 1
    seapo.run("sample", *fields, "--extra-body", "top_k=21", stdin=prompts(1))
    assert len(seapo.server.log().entries) == 2


@pytest.mark.parametrize("given", ["novalue", "=1", "messages=[]", "stream=true", "model=x"])
def test_what_is_no_field_is_one_line(seapo: Seapo, given: str) -> None:
    result = seapo.run("sample", "--extra-body", given, stdin=prompts(1))
    assert result.code == 2
    assert "--extra-body" in result.stderr.splitlines()[-1]


def test_a_refused_field_of_the_users_own_is_told(seapo: Seapo) -> None:
    seapo.server.set(Behaviour(faults=(Fault("refuse", parameter="temperature"),)))
    options = ["--extra-body", "temperature=0.5", "--errors", "errors.jsonl"]
    assert seapo.run("sample", *options, stdin=prompts(2)).code in (1, 3)
    assert "'temperature' is not supported" in seapo.errors()[0]["reason"]
    assert len(seapo.server.log().entries) == 2


def test_a_batch_holds_the_fields_and_nothing_that_the_model_refuses(seapo: Seapo) -> None:
    """The command of docs/batch.md."""
    del seapo.environment["OPENAI_BASE_URL"]
    options = [
        "-t",
        "factual",
        "--mode",
        "propose",
        "--model",
        "gpt-5-mini",
        "--batch-out",
        "requests.jsonl",
    ]
    options += ["--reasoning-effort", "low"]
    assert seapo.run("inject", *options, stdin=ROWS).code == 4
    lines = (seapo.folder / "requests-00001.jsonl").read_bytes().splitlines()
    bodies = [json.loads(line)["body"] for line in lines]
    assert len(bodies) == len(ROWS)
    for body in bodies:
        assert not body.keys() & {"temperature", "top_p", "max_tokens", "stop", "logprobs"}
        assert body["reasoning_effort"] == "low"
        assert body["max_completion_tokens"] > 4000
