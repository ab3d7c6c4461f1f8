"""Guarantees 3 and 4: nothing is paid for twice, nothing is half-written."""

from __future__ import annotations

import random
import resource
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from running import Data, Seapo, jsonl, killed_at_end, prompts
from servers import Behaviour, Server, serve

ROWS = 40
SLOW = Behaviour(latency=0.02, jitter=0.06, echo=r"Row number \d+ has \d+ apples\.")
"""Answers of 20 to 80 ms, so that forty rows, four at a time, take half a second."""
SETTLED = 0.15
"""Seconds after which an answer that left the server must be safe in the store."""
COMMANDS: dict[str, list[str]] = {
    "sample": ["sample"],
    "inject": ["inject", "--mode", "rewrite", "--mix", "factual=2,logical=1"],
}


def answered(count: int, start: int = 0) -> list[dict[str, object]]:
    """Rows with prompt and response, which the mock server knows how to get wrong."""
    return [
        row | {"response": f"Row number {1000 + n} has {n + 2} apples."}
        for n, row in enumerate(prompts(count, start=start), start)
    ]


@pytest.fixture(scope="module", params=COMMANDS)
def command(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def undisturbed(
    command: str, tmp_path_factory: pytest.TempPathFactory, _server_process: Server
) -> bytes:
    """What a run that nothing disturbs writes."""
    _server_process.set(SLOW)
    seapo = Seapo(tmp_path_factory.mktemp("undisturbed"), _server_process)
    result = seapo.run(*COMMANDS[command], stdin=answered(ROWS))
    assert (result.code, len(result.rows)) == (0, ROWS), result.stderr
    return result.stdout


def moments() -> Iterator[tuple[int, float]]:
    """Ten seeded moments: so many answers out, and so many seconds later."""
    rng = random.Random(7)
    for part in range(10):
        yield rng.randint(part * ROWS // 10, (part + 1) * ROWS // 10), rng.random() * 0.05


@pytest.mark.parametrize(("answers", "later"), list(moments()))
def test_kill_and_run_again(
    seapo: Seapo, command: str, undisturbed: bytes, answers: int, later: float
) -> None:
    seapo.server.set(SLOW)
    rows = seapo.file("rows.jsonl", answered(ROWS))
    run = [*COMMANDS[command], rows, "-o", "out.jsonl", "--concurrency", "4"]
    with killed_at_end(seapo.start(*run)) as process:
        seapo.server.wait(answers)
        time.sleep(later)  # not to wait for something: the moment is random
        killed = time.monotonic()
        process.kill()
        ended = process.wait()
    first = seapo.server.log()
    out = seapo.folder / "out.jsonl"
    assert ended != 0 or out.exists()
    assert not out.exists() or out.read_bytes() == undisturbed
    result = seapo.run(*run)
    assert result.code == 0, result.stderr
    assert out.read_bytes() == undisturbed
    again = {entry.key for entry in seapo.server.log().entries[len(first.entries) :]}
    assert not again & first.answered(before=killed - SETTLED)


def test_interrupt_and_run_again(seapo: Seapo, command: str, undisturbed: bytes) -> None:
    # Slow enough not to be finished before the signal comes on a busy machine.
    seapo.server.set(replace(SLOW, latency=0.3))
    rows = seapo.file("rows.jsonl", answered(ROWS))
    run = [*COMMANDS[command], rows, "-o", "out.jsonl", "--concurrency", "4"]
    with killed_at_end(seapo.start(*run)) as process:
        seapo.server.wait(8)
        interrupted = time.monotonic()
        process.send_signal(signal.SIGINT)
        result = seapo.finish(process)
    assert result.code == 130
    assert (
        "interrupted; run the same command again to continue from here"
        in result.stderr.splitlines()[-1]
    )
    assert not (seapo.folder / "out.jsonl").exists()
    first = seapo.server.log()
    assert seapo.run(*run).code == 0
    assert (seapo.folder / "out.jsonl").read_bytes() == undisturbed
    again = {entry.key for entry in seapo.server.log().entries[len(first.entries) :]}
    assert not again & first.answered(before=interrupted - SETTLED)


def test_server_that_goes_down_and_comes_back(tmp_path: Path) -> None:
    rows = prompts(40)
    run = ["sample", "-o", "out.jsonl", "--concurrency", "2", "--patience", "0.5"]
    with serve(SLOW) as server:
        seapo = Seapo(tmp_path, server)
        with killed_at_end(seapo.start(*run)) as process:
            assert process.stdin is not None
            process.stdin.write(jsonl(rows))
            process.stdin.flush()
            server.wait(10)
            arrived = server.log().answered()
            server.stop()
            result = seapo.finish(process)
    assert result.code == 1
    assert server.url in result.stderr
    assert not (tmp_path / "out.jsonl").exists()
    with serve(port=server.port) as back:
        assert Seapo(tmp_path, back).run(*run, stdin=rows).code == 0
        assert not arrived & back.log().attempts().keys()
    assert (tmp_path / "out.jsonl").read_bytes().count(b"\n") == len(rows)


def shuffled(rows: Sequence[Data]) -> list[Data]:
    return random.Random(3).sample(rows, len(rows))


@pytest.mark.parametrize(
    ("change", "cost"),
    [(list, 0), (shuffled, 0), (lambda rows: [rows[0], *prompts(1, start=900), *rows[1:]], 1)],
    ids=["same", "reordered", "added"],
)
def test_only_what_is_new_is_requested(
    seapo: Seapo, command: str, change: Callable[[Sequence[Data]], list[Data]], cost: int
) -> None:
    seapo.server.set(Behaviour(echo=SLOW.echo))
    rows = answered(12)
    before = seapo.run(*COMMANDS[command], stdin=rows)
    assert before.code == 0, before.stderr
    seapo.server.set(Behaviour(echo=SLOW.echo))
    changed = change(rows) if cost == 0 else [rows[0], *answered(1, start=90), *rows[1:]]
    after = seapo.run(*COMMANDS[command], stdin=changed)
    assert len(seapo.server.log().entries) == cost
    assert [row["id"] for row in after.rows] == [row["id"] for row in changed]
    made = {row["id"]: row for row in after.rows}
    assert all(made[row["id"]] == row for row in before.rows)


@pytest.mark.parametrize(
    "changed",
    [
        ["--model", "another"],
        ["--temperature", "0.5"],
        ["--top-p", "0.5"],
        ["--max-tokens", "50"],
        ["--seed", "9"],
        ["--stop", "END"],
        ["--system", "Be brief."],
        ["--base-url"],
    ],
    ids=lambda options: options[0],
)
def test_a_changed_request_is_never_answered_from_the_store(
    seapo: Seapo, changed: list[str]
) -> None:
    rows = prompts(5)
    assert seapo.run("sample", stdin=rows).code == 0
    with serve() as other:
        asked = other if changed == ["--base-url"] else seapo.server
        options = ["--base-url", other.url] if asked is other else changed
        asked.set(Behaviour())
        assert seapo.run("sample", *options, stdin=rows).code == 0
        assert len(asked.log().entries) == len(rows)


def test_more_answers_per_prompt_cost_only_the_new_ones(seapo: Seapo) -> None:
    rows = prompts(4)
    first = seapo.run("sample", "-n", "2", stdin=rows).rows
    assert len(seapo.server.log().entries) == 8
    more = seapo.run("sample", "-n", "3", stdin=rows).rows
    assert len(seapo.server.log().entries) == 12
    assert [row for row in more if row["sample"]["index"] < 2] == first


def test_without_a_store_everything_is_requested_again(seapo: Seapo) -> None:
    for _ in range(2):
        assert seapo.run("sample", "--no-store", stdin=prompts(3)).code == 0
    assert len(seapo.server.log().entries) == 6
    assert not list(seapo.folder.rglob("*.sqlite"))


def test_identical_requests_in_flight_are_sent_once(seapo: Seapo) -> None:
    seapo.server.set(Behaviour(latency=0.3))
    rows = [row | {"id": f"{copy}-{n}"} for copy in range(5) for n, row in enumerate(prompts(6))]
    result = seapo.run("sample", "--no-store", "--concurrency", "32", stdin=rows)
    assert [row["id"] for row in result.rows] == [row["id"] for row in rows]
    assert set(seapo.server.log().attempts().values()) == {1}
    assert len(seapo.server.log().entries) == 6


def test_two_runs_share_a_store_at_the_same_time(seapo: Seapo) -> None:
    seapo.server.set(SLOW)
    files = [seapo.file(f"{n}.jsonl", prompts(30, start=n * 20)) for n in range(2)]
    first, second = (seapo.start("sample", file) for file in files)
    with killed_at_end(first), killed_at_end(second):
        results = [seapo.finish(first), seapo.finish(second)]
    assert [r.code for r in results] == [0, 0], [r.stderr for r in results]
    assert [len(r.rows) for r in results] == [30, 30]
    seapo.server.set(Behaviour())
    seapo.run("sample", *files[:1])
    seapo.run("sample", *files[1:])
    assert not seapo.server.log().entries


def test_full_disk(seapo: Seapo) -> None:
    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    rows = seapo.file("rows.jsonl", prompts(60, text="Why {}? " + 4000 * "x"))
    failed = seapo.run("sample", rows, "-o", "out.jsonl", limits=small_files)
    assert failed.code == 1
    assert len(failed.stderr.strip().splitlines()[-1]) > 10
    assert not (seapo.folder / "out.jsonl").exists()
    assert seapo.run("sample", rows, "-o", "out.jsonl").code == 0
    assert (seapo.folder / "out.jsonl").read_bytes().count(b"\n") == 60


def test_output_file_exists_only_when_whole(seapo: Seapo) -> None:
    seapo.server.set(Behaviour(latency=0.1))
    rows = seapo.file("rows.jsonl", prompts(20))
    target = seapo.folder / "out.jsonl"
    with killed_at_end(seapo.start("sample", rows, "-o", "out.jsonl", "--concurrency", "2")) as run:
        seapo.server.wait(6)
        assert not target.exists()
        assert (seapo.folder / "out.jsonl.seapo.part").exists()
        assert seapo.finish(run).code == 0
    assert target.read_bytes().count(b"\n") == 20
    assert not (seapo.folder / "out.jsonl.seapo.part").exists()


def test_failed_run_leaves_an_old_output_file_alone(seapo: Seapo) -> None:
    old = seapo.file("out.jsonl", b"old\n")
    with serve() as gone:
        pass
    run = ["sample", "-o", old, "--base-url", gone.url, "--patience", "0.3"]
    assert seapo.run(*run, stdin=prompts(2)).code == 1
    assert Path(old).read_bytes() == b"old\n"


def test_store_command_shows_and_clears(seapo: Seapo) -> None:
    seapo.run("sample", stdin=prompts(3))
    shown = seapo.run("store")
    assert str(seapo.folder / "store.sqlite") in shown.stdout.decode()
    assert "3" in shown.stdout.decode()
    assert seapo.run("store", "clear").code == 0
    seapo.run("sample", stdin=prompts(3))
    assert len(seapo.server.log().entries) == 6
