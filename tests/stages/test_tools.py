"""Rows with tools and tool calls through the stages."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from planned import proposal
from running import Seapo
from seapo_cli.backends.replies import read_completion
from seapo_cli.backends.vllm import VllmBackend
from seapo_cli.calls import ToolAnswer, answer_message
from seapo_cli.checks.tool_call import prove
from seapo_cli.completions import Completion, Request
from seapo_cli.engine.stage import Outcome
from seapo_cli.exceptions import RequestRefused, Transient, UsageError
from seapo_cli.formats.reader import read_pair
from seapo_cli.options import InjectSettings
from seapo_cli.rows import Edit, Keys, read_row, read_sides
from seapo_cli.show.view import read_views
from seapo_cli.stages.inject import Inject
from seapo_cli.text import safe
from seapo_cli.text.difference import edits_between
from seapo_cli.text.spans import apply_edits
from tool_rows import KINDS, called, corrupted, example_rows, rows

TRIP = next(data for data in example_rows() if data["id"] == "oslo-trip")
REFUND = next(data for data in example_rows() if data["id"] == "refund")


class Gateway:
    """Answers requests as planned, and keeps them."""

    model = "planned"

    def __init__(self, *answers: str | Completion) -> None:
        self._answers = list(answers)
        self.requests: list[Request] = []

    async def complete(self, request: Request, turn: int) -> Completion:  # noqa: ARG002
        self.requests.append(request)
        said = self._answers.pop(0)
        return said if isinstance(said, Completion) else Completion(text=said, finish_reason="stop")


def inject(data: dict[str, Any], gateway: Gateway, *kinds: str, mode: Any = "propose") -> Outcome:
    stage = Inject(InjectSettings(error_types=kinds, mode=mode))
    return asyncio.run(stage.process(read_row(data), gateway))  # type: ignore[arg-type]


def checked(data: dict[str, Any], outcome: Outcome) -> tuple[ToolAnswer, ToolAnswer, list[Edit]]:
    """Both sides of the only row, whose edits lead from the one to the other."""
    assert [failure.reason for failure in outcome.failures] == []
    (out,) = outcome.rows
    assert {name: out[name] for name in data} == data
    good, bad = read_sides(read_row(out), Keys())
    edits = [Edit.model_validate(edit) for edit in out["error"]["edits"]]
    assert apply_edits(good, edits) == bad != good
    assert isinstance(good, ToolAnswer)
    assert isinstance(bad, ToolAnswer)
    assert [call.id for call in bad.calls] == [call.id for call in good.calls]
    return good, bad, edits


@pytest.mark.parametrize("kind", KINDS)
def test_a_mistake_of_each_kind_goes_into_each_example_that_allows_it(kind: str) -> None:
    for data, row in zip(example_rows(), rows(), strict=True):
        if (text := corrupted(row, kind)) is None:
            continue
        wanted = called(row).calls[-1].line
        new = text.split("\n")[-1]
        gateway = Gateway(proposal((wanted, new)))
        good, bad, _ = checked(data, inject(data, gateway, kind))
        assert bad == text
        assert prove(kind, good, bad, row.tools).decision == "pass"
        assert good.content == bad.content


def test_the_prompt_shows_tools_earlier_calls_and_what_came_of_them() -> None:
    gateway = Gateway(proposal(('"amount": 18.5', '"amount": 42.5')))
    checked(REFUND, inject(REFUND, gateway, "wrong-argument"))
    (request,) = gateway.requests
    asked = request.messages[0].content
    tools = asked[asked.index("[tools on offer]") : asked.index("[system]")]
    for tool in REFUND["tools"]:
        function = tool["function"]
        assert function["name"] in tools
        assert json.dumps(function["parameters"]) in tools
        assert function["description"] in tools
    assert '[assistant]\n{"name": "get_order", "arguments": {"order_id": "A-2231"}}' in asked
    assert '[tool get_order]\n{"order_id": "A-2231", "status": "delivered"' in asked
    assert (
        "[answer]\nI'm sorry about the bowl. I'm paying its price back to you now.\n{\"name\""
        in asked
    )
    assert "are its tool calls" in asked
    assert request.tools == ()


def test_what_the_schemas_do_not_prove_is_told_to_the_model() -> None:
    gateway = Gateway(
        proposal(('"nights": 3', '"nights": "three"')),
        proposal(('"nights": 3', '"nights": 3.0')),
        proposal(('"nights": 3', '"evenings": 3')),
        proposal(('"nights": 3, ', '"nights": 3')),
        proposal(('"nights": 3', '"nights": 4')),
    )
    checked(TRIP, inject(TRIP, gateway, "wrong-argument"))
    told = [request.messages[-1].content for request in gateway.requests[1:]]
    for text, reason in zip(
        told, ("not of type", "no call differs", "other arguments", "not valid JSON"), strict=True
    ):
        assert reason in text


def test_other_types_change_the_text_before_the_calls() -> None:
    gateway = Gateway(proposal(("a direct flight", "a cheap flight")))
    good, bad, (edit,) = checked(TRIP, inject(TRIP, gateway, "factual"))
    assert good.calls == bad.calls
    assert (edit.original, edit.replacement) == ("direct", "cheap")
    assert "[answer]\nI'll look for a direct flight and for hotels at the same time.\n[end" in (
        gateway.requests[0].messages[0].content
    )


@pytest.mark.parametrize(
    ("change", "kind", "reason"),
    [
        ({"response": {**TRIP["response"], "content": None}}, "factual", "only calls tools"),
        ({"tools": None}, "wrong-tool", "the row has no tools"),
        ({"tools": TRIP["tools"][:1]}, "wrong-argument", "search_hotels, which is not on offer"),
        ({"response": "In Oslo."}, "wrong-tool", "for answers of tools"),
    ],
)
def test_what_cannot_be_made_is_declined_without_a_request(
    change: dict[str, Any], kind: str, reason: str
) -> None:
    outcome = inject({**TRIP, **change}, Gateway(), kind)
    (failure,) = outcome.failures
    assert failure.declined
    assert reason in failure.reason


def test_rewrite_is_held_to_the_schemas_too() -> None:
    row = read_row(TRIP)
    good = called(row)
    bad = good.replace('"nights": 3', '"nights":  5')
    gateway = Gateway(good.replace('"nights": 3', '"days": 3'), bad)
    _, found, _ = checked(TRIP, inject(TRIP, gateway, "wrong-argument", mode="rewrite"))
    assert found == bad.replace(":  5", ": 5")
    assert "other arguments" in gateway.requests[1].messages[0].content


def test_a_prompt_is_answered_with_its_tools_first() -> None:
    data = {name: TRIP[name] for name in ("id", "prompt", "tools")}
    calls = called(read_row(TRIP)).calls
    gateway = Gateway(
        Completion(text="", tool_calls=calls, finish_reason="tool_calls"),
        proposal(('"nights": 3', '"nights": 4')),
    )
    good, _, _ = checked(data, inject(data, gateway, "wrong-argument"))
    assert good.calls == calls
    assert gateway.requests[0].tools == read_row(TRIP).tools


def test_sample_sends_tools_and_calls_and_keeps_a_call_as_one(seapo: Seapo) -> None:
    asked = {name: REFUND[name] for name in ("id", "prompt", "tools")}
    found = seapo.run("sample", stdin=[asked])
    assert found.code == 0, found.stderr
    (out,) = found.rows
    (call,) = out["response"]["tool_calls"]
    assert call["function"]["name"] == "get_order"
    assert isinstance(call["function"]["arguments"], str)
    assert call["id"].startswith("call_")
    (entry,) = seapo.server.log().entries
    assert entry.body["tools"] == REFUND["tools"]
    again = seapo.run("sample", stdin=[asked])
    assert again.rows == found.rows  # from the store


@pytest.mark.parametrize(
    "name", ["trl-chat", "axolotl", "openrlhf", "ultrafeedback", "trl-kto-chat"]
)
def test_pairs_hold_calls_and_tools_and_are_read_again(seapo: Seapo, name: str) -> None:
    stdin = [_injected(data, "wrong-argument") for data in example_rows()]
    found = seapo.run("pair", "--format", name, stdin=stdin)
    assert found.code == 0, found.stderr
    sides = 2 if "kto" in name else 1
    assert len(found.rows) == sides * len(stdin)
    known = {_sides(row) for row in found.rows}
    for data in stdin:
        good, bad = read_sides(read_row(data), Keys())
        out = next(row for row in found.rows if row["tools"] == data["tools"])
        assert read_pair(out).tools == read_row(data).tools
        assert {(good, bad)} <= known or {(good, None), (None, bad)} <= known


def test_formats_of_text_refuse_calls_in_one_line(seapo: Seapo) -> None:
    stdin = [_injected(data, "wrong-argument") for data in example_rows()]
    for name in ("trl", "llamafactory", "llamafactory-sharegpt"):
        found = seapo.run("pair", "--format", name, stdin=stdin)
        assert found.code == 1
        assert "take a format for chats, such as trl-chat" in found.stderr
        assert "Traceback" not in found.stderr


def test_show_marks_the_mistake_in_the_call() -> None:
    data = _injected(TRIP, "wrong-argument")
    (view,) = read_views(data)
    assert {piece.kind for piece in view.pieces} == {"same", "removed", "added"}
    good, _ = read_sides(read_row(data), Keys())
    assert "".join(piece.text for piece in view.pieces if piece.kind != "added") == good


def _sides(row: dict[str, Any]) -> tuple[str | None, str | None]:
    pair = read_pair(row)
    return pair.chosen, pair.rejected


def _injected(data: dict[str, Any], kind: str) -> dict[str, Any]:
    row = read_row(data)
    text = corrupted(row, kind)
    assert text is not None
    negative = called(row).read(text)
    edits = [edit.model_dump() for edit in edits_between(called(row), negative)]
    error = {"type": kind, "edits": edits}
    return {**data, "negative": answer_message(negative), "error": error}


def test_a_type_with_a_proof_that_is_not_a_check_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "own.md"
    file.write_text("---\nname: own\ndescription: d\nproof: prooof\n---\nDo it.\n")
    with pytest.raises(UsageError, match=r"no check 'prooof'.*take from .*tool-call"):
        Inject(InjectSettings(error_types=(str(file),)))


def test_continue_mode_refuses_types_for_calls() -> None:
    with pytest.raises(UsageError, match="take --mode propose"):
        Inject(InjectSettings(error_types=("wrong-tool",), mode="continue"))


@pytest.mark.parametrize("calls", [5, [7], [{}], [{"function": {"name": 3}}], {"a": []}, ["x"]])
def test_answers_with_damaged_calls_are_asked_for_again(calls: Any) -> None:
    message = {"role": "assistant", "content": None, "tool_calls": calls}
    with pytest.raises(Transient, match="the server sent no completion"):
        read_completion(orjson.dumps({"choices": [{"message": message}]}))


def test_secrets_in_calls_are_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safe, "_forms", [("sk-secret-1", b"sk-secret-1")])
    function = {"name": "f", "arguments": '{"key": "sk-secret-1"}'}
    message = {"role": "assistant", "content": None, "tool_calls": [{"function": function}]}
    found = read_completion(orjson.dumps({"choices": [{"message": message}]}))
    assert found.answer == '{"name": "f", "arguments": {"key": "***"}}'


def test_vllm_in_process_refuses_to_answer_with_tools() -> None:
    backend = VllmBackend("model", {}, {})
    backend._engine = object()  # loaded
    request = Request(read_row(TRIP).messages, tools=read_row(TRIP).tools)
    with pytest.raises(RequestRefused, match="--enable-auto-tool-choice"):
        asyncio.run(backend.complete(request))
