"""Guarantees 1 and 6: bounded and polite towards servers that fail in every known way."""

from __future__ import annotations

import time

import pytest

from running import KEY, Seapo, prompts
from servers import Behaviour, Fault, serve

RECOVERABLE = {
    "500": Fault("status", 500, first=1),
    "503": Fault("status", 503, first=1),
    "429": Fault("status", 429, first=1),
    "500 twice": Fault("status", 500, first=2),
    "disconnect": Fault("disconnect", first=1),
    "cut body": Fault("cut", first=1),
    "short body": Fault("short", first=1),
    "malformed": Fault("malformed", first=1),
    "hollow": Fault("hollow", first=1),
    "time-out": Fault("hang", first=1),
}


@pytest.mark.parametrize("fault", RECOVERABLE.values(), ids=RECOVERABLE)
def test_a_failure_that_passes_is_retried(seapo: Seapo, fault: Fault) -> None:
    seapo.server.set(Behaviour(faults=(fault,)))
    rows = prompts(6)
    result = seapo.run("sample", "--timeout", "0.7", "--summary", "summary.json", stdin=rows)
    assert result.code == 0, result.stderr
    assert [row["id"] for row in result.rows] == [row["id"] for row in rows]
    assert set(seapo.server.log().attempts().values()) == {1 + (fault.first or 0)}
    assert seapo.summary()["retries"] == len(rows) * (fault.first or 0)


def test_an_error_that_stays_fails_only_its_row(seapo: Seapo) -> None:
    seapo.server.set(Behaviour(faults=(Fault("status", 500, marker="003"),)))
    result = seapo.run("sample", "--retries", "2", "--errors", "errors.jsonl", stdin=prompts(8))
    assert result.code == 3
    assert [row["id"] for row in result.rows] == [f"row-{n}" for n in range(8) if n != 3]
    assert list(seapo.server.log().attempts("003").values()) == [3]
    (error,) = seapo.errors()
    assert (error["id"], error["line"], error["row"]["id"]) == ("row-3", 4, "row-3")
    assert "500" in error["reason"]


@pytest.mark.parametrize("status", [400, 404, 422])
def test_a_refused_request_is_not_sent_again(seapo: Seapo, status: int) -> None:
    seapo.server.set(Behaviour(faults=(Fault("status", status, marker="003"),)))
    result = seapo.run("sample", "--errors", "errors.jsonl", stdin=prompts(8))
    assert set(seapo.server.log().attempts("003").values()) == {1}
    if status == 404:  # an unknown model or path: no row can succeed
        assert result.code in (1, 3)
        return
    assert (result.code, len(result.rows)) == (3, 7)
    assert str(status) in seapo.errors()[0]["reason"]


@pytest.mark.parametrize("status", [401, 403])
def test_a_rejected_key_stops_the_run_at_once(seapo: Seapo, status: int) -> None:
    seapo.server.set(Behaviour(latency=0.05, faults=(Fault("status", status),)))
    result = seapo.run("sample", "--concurrency", "4", stdin=prompts(100))
    assert (result.code, result.stdout) == (1, b"")
    assert str(status) in result.stderr
    assert len(seapo.server.log().entries) <= 4
    assert len([line for line in result.stderr.splitlines() if str(status) in line]) == 1


def test_retry_after_is_respected_by_all_requests(seapo: Seapo) -> None:
    pause, rows = 1.0, prompts(24)
    fault = Fault("status", 429, retry_after=pause, total=3)
    seapo.server.set(Behaviour(latency=0.02, jitter=0.02, faults=(fault,)))
    result = seapo.run("sample", "--concurrency", "4", stdin=rows)
    assert (result.code, len(result.rows)) == (0, len(rows)), result.stderr
    log = seapo.server.log()
    told = [e.sent for e in log.entries if e.status == 429 and e.sent is not None]
    assert len(told) == 3
    for moment in told:
        early = [e for e in log.entries if moment + 0.1 < e.arrived < moment + pause - 0.02]
        assert not early, f"{len(early)} requests came before Retry-After had passed"


def test_a_server_with_few_places_gets_no_more_than_it_can_take(seapo: Seapo) -> None:
    seapo.server.set(Behaviour(latency=0.03, most_open=4))
    result = seapo.run("sample", "--concurrency", "32", "--retries", "8", stdin=prompts(150))
    assert (result.code, len(result.rows)) == (0, 150), result.stderr
    refused = sum(e.status == 429 for e in seapo.server.log().entries)
    assert refused < 150, "the number of open requests does not adapt"


@pytest.mark.parametrize("concurrency", [1, 5])
def test_open_requests_never_exceed_concurrency(seapo: Seapo, concurrency: int) -> None:
    seapo.server.set(Behaviour(latency=0.02, jitter=0.02))
    result = seapo.run("sample", "-n", "3", "--concurrency", str(concurrency), stdin=prompts(12))
    assert len(result.rows) == 36
    assert seapo.server.log().peak == concurrency


def test_answers_wait_for_their_turn_in_bounded_space(seapo: Seapo) -> None:
    """While the first answer is late, the others may run ahead by a window, not by the input."""
    seapo.server.set(Behaviour(faults=(Fault("hang", first=1, marker="number 000"),)))
    options = ["--concurrency", "4", "--timeout", "2", "--no-store"]
    result = seapo.run("sample", *options, stdin=prompts(4000))
    assert (result.code, len(result.rows)) == (0, 4000)
    entries = seapo.server.log().entries
    late = [number for number, entry in enumerate(entries) if "number 000?" in entry.text]
    assert late[1] - late[0] < 400


def test_server_that_is_not_there(seapo: Seapo) -> None:
    with serve() as gone:
        pass
    begun = time.monotonic()
    options = ["--base-url", gone.url, "--patience", "1"]
    result = seapo.run("sample", *options, stdin=prompts(50))
    assert result.code == 1
    assert time.monotonic() - begun < 10
    about = [line for line in result.stderr.splitlines() if gone.url in line]
    assert len(about) == 1
    with serve(port=gone.port) as back:
        again = seapo.run("sample", *options, stdin=prompts(50))
        assert (again.code, len(again.rows)) == (0, 50)
        assert len(back.log().entries) == 50


def test_server_that_only_fails_is_given_up(seapo: Seapo) -> None:
    seapo.server.set(Behaviour(faults=(Fault("status", 503),)))
    options = ["--patience", "1", "--concurrency", "4", "--retries", "1000"]
    result = seapo.run("sample", *options, stdin=prompts(200))
    assert (result.code, result.stdout) == (1, b"")
    assert "503" in result.stderr
    assert len(seapo.server.log().entries) < 200


def test_max_errors_stops_early(seapo: Seapo) -> None:
    seapo.server.set(Behaviour(latency=0.01, faults=(Fault("status", 400),)))
    result = seapo.run("sample", "--max-errors", "3", "--concurrency", "2", stdin=prompts(200))
    assert result.code == 1
    assert len(seapo.server.log().entries) < 50
    assert "--max-errors" in result.stderr


@pytest.mark.parametrize("status", [400, 401, 500])
def test_a_key_that_the_server_repeats_is_masked(seapo: Seapo, status: int) -> None:
    """`Seapo.finish` looks for the key in all output and all files of every run."""
    seapo.server.set(Behaviour(faults=(Fault("status", status),)))
    options = ["--retries", "0", "--errors", "errors.jsonl", "--summary", "summary.json"]
    result = seapo.run("sample", *options, stdin=prompts(2))
    told = result.stderr + (seapo.folder / "errors.jsonl").read_text()
    assert f"mock error {status} for Bearer" in told
    assert KEY[:8] not in told


def test_a_key_in_an_answer_is_masked(seapo: Seapo) -> None:
    """In output and store: `Seapo.finish` looks for it."""
    seapo.server.set(Behaviour(faults=(Fault("reveal"),)))
    for _ in range(2):
        result = seapo.run("sample", "-o", "out.jsonl", stdin=prompts(2))
        assert result.code == 0, result.stderr
        assert "My key: Bearer ***" in (seapo.folder / "out.jsonl").read_text()
        (seapo.folder / "out.jsonl").unlink()
    again = seapo.run("sample", stdin=prompts(2))
    assert [row["response"] for row in again.rows] == ["My key: Bearer ***"] * 2


@pytest.mark.parametrize("status", [400, 401])
def test_no_command_to_the_terminal_comes_through(seapo: Seapo, status: int) -> None:
    text = "\x1b]0;owned\x07\x1b[2J\u202e"
    seapo.server.set(Behaviour(faults=(Fault("status", status, text=text),)))
    result = seapo.run("sample", stdin=prompts(2))
    assert result.code
    assert "owned" in result.stderr
    assert not set("\x1b\x07\u202e") & set(result.stderr)


@pytest.mark.parametrize("parameter", ["seed", "max_tokens", "temperature"])
def test_a_refused_parameter_is_named(seapo: Seapo, parameter: str) -> None:
    seapo.server.set(Behaviour(faults=(Fault("refuse", parameter=parameter),)))
    options = ["--temperature", "0.5", "--errors", "errors.jsonl"]
    result = seapo.run("sample", *options, stdin=prompts(3))
    if result.code:
        assert parameter in result.stderr + (seapo.folder / "errors.jsonl").read_text()
    assert len(seapo.server.log().entries) <= 6
