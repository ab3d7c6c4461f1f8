"""Answers that are damaged where they are kept, results of batches that are none, and odd keys."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable

import pytest

from hostile.bench import KEY, Bench, line
from hostile.fault_server import Fault, FaultServer, reply
from hostile.stages import ASKING, Stage

_SAMPLE = ASKING[0]
_GOOD = {"finish_reason": "stop", "message": {"role": "assistant", "content": "An answer."}}
STORED = (
    *("", "{", "null", "5", "[]", '"x"', "{}", '{"text": null}', '{"text": 5}'),
    '{"text": "\\ud800"}',
    *('{"text": "x", "usage": {"prompt_tokens": 1e999}}', '{"text": "x", "usage": 5}', "NaN"),
    *(b"\xff\xfe", b"", None, 7),
)  # fmt: skip
RESULTS = (
    *("x", [1], None, 5, {}, {"status_code": "x"}, {"status_code": 200}, {"status_code": 200.0}),
    *({"status_code": 200, "body": body} for body in ("x", [1], 5, {}, {"choices": []}, None)),
    *({"status_code": status, "body": {"error": "no"}} for status in (400, 500, 429, 0, -1, [])),
    {"status_code": 200, "body": {"choices": [_GOOD], "usage": {"prompt_tokens": 2**63}}},
    {"status_code": 200, "body": {"choices": [_GOOD], "usage": {"prompt_tokens": -1}}},
)
LINES = (
    *(b"", b"\n", b"{", b"null\n", b"[]\n", b"5\n", b"\xff\xfe\n", b"{}\n", b"[" * 2000 + b"\n"),
    *(line({"custom_id": key, "response": None}) for key in ("", "zz", 5, None, [], "\ud800")),
)


@pytest.mark.parametrize("answer", STORED, ids=repr)
def test_a_damaged_stored_answer_is_asked_for_again(
    answer: object, bench: Bench, fault_server: FaultServer
) -> None:
    bench.environment["OPENAI_BASE_URL"] = fault_server.face().url
    bench.file("in.jsonl", _SAMPLE.rows(4))
    run = _SAMPLE.run("-m", "mock")
    assert bench.run(*run).code == 0
    whole = (bench.folder / "out.jsonl").read_bytes()
    with sqlite3.connect(bench.folder / "store.sqlite") as store:
        store.execute("UPDATE answers SET answer = ? WHERE rowid % 2", (answer,))
    store.close()
    assert not bench.broken(bench.run(*run), {0})
    assert (bench.folder / "out.jsonl").read_bytes() == whole


def _wanted(bench: Bench) -> list[str]:
    """The ids of the requests of a batch of three rows."""
    bench.file("in.jsonl", Stage("sample", ()).rows(3))
    run = ("sample", "in.jsonl", "-m", "mock", "--batch-out", "wanted.jsonl")
    assert bench.run(*run).code == 4
    return [row["custom_id"] for row in bench.rows("wanted-00001.jsonl")]


@pytest.mark.parametrize("result", RESULTS, ids=repr)
def test_results_of_batches(result: object, bench: Bench) -> None:
    """A result that is none fails its row, or the file with a line that names the place."""
    first, *others = _wanted(bench)
    good = {"status_code": 200, "body": {"choices": [_GOOD]}}
    rows = [{"custom_id": key, "response": good} for key in others]
    bench.file("results.jsonl", [{"custom_id": first, "response": result}, *rows])
    run = ("sample", "in.jsonl", "-m", "mock", "-o", "out.jsonl", "--batch-in", "results.jsonl")
    assert not bench.broken(bench.run(*run), {0, 1, 2, 3, 4})


@pytest.mark.parametrize("data", LINES, ids=repr)
def test_lines_of_batches(data: bytes, bench: Bench) -> None:
    _wanted(bench)
    bench.file("results.jsonl", data)
    run = ("sample", "in.jsonl", "-m", "mock", "-o", "out.jsonl", "--batch-in", "results.jsonl")
    assert not bench.broken(bench.run(*run), {0, 1, 2, 3, 4})


@pytest.mark.parametrize("key", [KEY + "\n", KEY + "\r\n", f" {KEY} ", KEY + "\0x"[:1], KEY + "é"])
def test_odd_keys(key: str, bench: Bench, fault_server: FaultServer) -> None:
    if "\0" in key:
        pytest.skip("an environment cannot hold it")
    bench.file("in.jsonl", _SAMPLE.rows(2))
    where = {"OPENAI_API_KEY": key, "OPENAI_BASE_URL": fault_server.face().url}
    ended = bench.run(*_SAMPLE.run("-m", "mock", "--patience", "3"), environment=where)
    assert not bench.broken(ended, {0, 1, 2})


@pytest.mark.parametrize("fault", ["none", "refuses", "is gone"])
def test_a_password_in_the_address(fault: str, bench: Bench, fault_server: FaultServer) -> None:
    face = fault_server.face()
    if fault == "refuses":
        face.fault = Fault("refuses", lambda _: iter([reply({"error": "no"}, "401 No")]))
    url = face.url.replace("//", "//user:hunter2secret@")
    if fault == "is gone":
        url = "http://user:hunter2secret@127.0.0.1:9/v1"
    bench.file("in.jsonl", _SAMPLE.rows(2))
    run = _SAMPLE.run("-m", "mock", "--patience", "2", "--base-url", url)
    ended = bench.run(*run, "--errors", "errors.jsonl")
    assert not bench.broken(ended)
    assert "hunter2secret" not in ended.stderr
    assert not bench.files_with(b"hunter2secret")


@pytest.mark.parametrize("count", [20, 60])
def test_many_refused_rows_can_finish(count: int, bench: Bench, fault_server: FaultServer) -> None:
    """The rerun finds the rest in the store, and that counts as success."""
    refuses = Fault("refuses", lambda _: iter([reply({"error": "no"}, "400 No")]))
    face = fault_server.face(refuses, "BEWARE")
    bench.environment["OPENAI_BASE_URL"] = face.url
    bench.file("in.jsonl", _SAMPLE.rows(2 * count, bad=range(count, 2 * count)))
    run = _SAMPLE.run("-m", "mock", "-c", "2", "--errors", "errors.jsonl")
    assert not bench.broken(bench.run(*run), {1, 3})
    assert not bench.broken(bench.run(*run), {1, 3})
    face.fault = None
    assert not bench.broken(bench.run(*run), {0})
    assert len(bench.rows("out.jsonl")) == 2 * count


def test_no_row_that_succeeds_is_a_failure(
    bench: Bench, fault_server: FaultServer, record_property: Callable[[str, object], None]
) -> None:
    record_property("faults of servers", 1)
    refuses = Fault("refuses", lambda _: iter([reply({"error": "no"}, "400 No")]))
    bench.environment["OPENAI_BASE_URL"] = fault_server.face(refuses).url
    bench.file("in.jsonl", _SAMPLE.rows(3))
    ended = bench.run(*_SAMPLE.run("-m", "mock", "--errors", "errors.jsonl"))
    assert not bench.broken(ended, {1})
    assert json.dumps(bench.rows("errors.jsonl"))
