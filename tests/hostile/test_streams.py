"""Full disks, read-only folders, closed streams, pipes, and two runs at once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hostile.bench import Bench, Zygote, fill
from hostile.fault_server import FaultServer
from hostile.stages import ASKING, Stage

_PLAIN = (
    *ASKING,
    Stage("filter", ("filter", "--preset", "none", "--check", "length")),
    Stage("local pair", ("pair", "-f", "trl")),
)
STAGES = {stage.name: stage for stage in _PLAIN}
_MODEL = ("-m", "mock", "-c", "4")


def _run(stage: Stage, *more: str) -> tuple[str, ...]:
    return stage.run(*(_MODEL if stage in ASKING else ()), *more)


@pytest.fixture
def served(bench: Bench, fault_server: FaultServer) -> Bench:
    bench.environment["OPENAI_BASE_URL"] = fault_server.face().url
    return bench


@pytest.fixture(params=STAGES)
def stage(request: pytest.FixtureRequest) -> Stage:
    return STAGES[request.param]


@pytest.mark.parametrize("option", ["-o", "--errors", "--summary", "--rejected", "--eval-output"])
def test_a_full_device(stage: Stage, option: str, served: Bench) -> None:
    """What cannot be written is told in a line; nothing that is not whole has its name."""
    command = stage.arguments[0]
    if (option, command) in [("--rejected", "pair")] or (
        option in ("--rejected", "--eval-output")
        and command != {"--rejected": "filter", "--eval-output": "pair"}[option]
    ):
        pytest.skip("the command has no such option")
    rows = stage.rows(10)
    served.file("in.jsonl", [{"prompt": 5}, *rows, {"id": "bad"}])
    split = ("--eval-split", "0.5") if option == "--eval-output" else ()
    run = [part for part in _run(stage, *split) if option != "--summary" or "summary" not in part]
    if option == "-o":
        run[run.index("out.jsonl")] = "/dev/full"
        run += ["--errors", "errors.jsonl"]
    else:
        run += [option, "/dev/full"]
    ended = served.run(*run)
    nothing = option in ("--rejected", "--eval-output", "-o")  # perhaps no row went there
    assert not served.broken(ended, {1, 2, 3} if nothing else {1, 2})


@pytest.mark.parametrize("number", [1, 2], ids=["stdout", "stderr"])
@pytest.mark.parametrize("state", ["closed", "full"])
def test_standard_streams(stage: Stage, number: int, state: str, served: Bench) -> None:
    served.file("in.jsonl", stage.rows(4))
    where = None if state == "closed" else "/dev/full"
    if number == 1:
        run = [p if p != "out.jsonl" else "-" for p in _run(stage)]
        assert not served.broken(served.real(*run, stdout=where), {1, 2})
        return
    ended = served.real(*_run(stage), stderr=where)
    assert ended.code == 0, "a terminal that is gone is not a reason to fail"
    assert served.rows("out.jsonl")


def test_a_closed_stdin(stage: Stage, served: Bench) -> None:
    run = ["-" if part == "in.jsonl" else part for part in _run(stage)]
    assert not served.broken(served.real(*run, stdin=None), {1, 2})


@pytest.mark.parametrize("option", ["-o", "--errors", "--summary"])
@pytest.mark.parametrize("path", ["/", ".", "missing/x.jsonl", "in.jsonl/x", "/proc/x", "a\udcff"])
def test_impossible_outputs(
    path: str, option: str, bench: Bench, fault_server: FaultServer
) -> None:
    """Found out before anything is paid."""
    face, served = fault_server.face(), bench
    served.environment["OPENAI_BASE_URL"] = face.url
    stage = STAGES["sample"]
    served.file("in.jsonl", stage.rows(4))
    output = () if option == "-o" else ("-o", "out.jsonl")
    arguments = (*stage.arguments, "in.jsonl", *_MODEL, *output, option, path)
    ended = served.run(*arguments)
    name_may_be_had = path == "a\udcff"  # a byte that is not UTF-8: odd, but a name
    assert not served.broken(ended, {0, 1, 2} if name_may_be_had else {1, 2})
    assert ended.code == 0 or not face.asked, "paid, and then found out"


@pytest.mark.parametrize("size", [2_000, 20_000, 60_000, 200_000])
def test_files_that_may_not_grow(stage: Stage, size: int, served: Bench) -> None:
    rows = stage.rows(150)
    served.file("in.jsonl", rows)
    ended = served.run(*_run(stage), limits={"FSIZE": size})
    assert not served.broken(ended, {0, 1})
    assert ended.code == 0 or not (served.folder / "out.jsonl").exists()
    again = served.run(*_run(stage))
    assert not served.broken(again, {0})


def test_a_full_disk(stage: Stage, small: Path, served: Bench) -> None:
    served.file("in.jsonl", stage.rows(100))
    filler = fill(small, leave=8192)
    run = [str(small / part) if part == "out.jsonl" else part for part in _run(stage)]
    where = {"SEAPO_STORE": str(small / "store.sqlite"), "TMPDIR": str(small)}
    ended = served.run(*run, environment=where)
    assert not served.broken(ended, {1, 2})
    assert not (small / "out.jsonl").exists()
    filler.unlink()
    assert not served.broken(served.run(*run, environment=where), {0})
    assert (small / "out.jsonl").read_bytes()


def test_a_read_only_folder(stage: Stage, small: Path, served: Bench) -> None:
    served.file("in.jsonl", stage.rows(4))
    subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
    run = [str(small / part) if part == "out.jsonl" else part for part in _run(stage)]
    assert not served.broken(served.run(*run), {1, 2})
    if stage in ASKING:
        store = {"SEAPO_STORE": str(small / "store.sqlite")}
        assert not served.broken(served.run(*_run(stage), environment=store), {1, 2})


@pytest.mark.parametrize("how", ["process substitution", "stdout by name", "fifo", "head"])
def test_pipes(how: str, served: Bench) -> None:
    stage = STAGES["filter"]
    served.file("in.jsonl", stage.rows(2000))
    seapo = f"{sys.executable} -m seapo_cli filter in.jsonl --preset none --check length"
    script = {
        "process substitution": f"{seapo} -o out.jsonl --rejected >(cat > rejected.jsonl)",
        "stdout by name": f"{seapo} -o /dev/stdout | cat > out.jsonl; exit ${{PIPESTATUS[0]}}",
        "fifo": f"mkfifo f; cat f > out.jsonl & {seapo} -o f; code=$?; wait; exit $code",
        "head": f"{seapo} --rejected rejected.jsonl | head -n 1 > out.jsonl; "
        "exit ${PIPESTATUS[0]}",
    }[how]
    ended = served.start("bash", "-c", script, program="exec").ended()
    assert not served.broken(ended, {0, 1} if how == "head" else {0})
    if how == "head":
        assert ended.code or not (served.folder / "rejected.jsonl").exists()
        assert not (served.folder / "rejected.jsonl").exists(), "half a file got its name"
    else:
        assert len(served.rows("out.jsonl")) == 2000


@pytest.mark.parametrize("_number", range(3))
def test_two_runs_with_one_output(
    stage: Stage,
    _number: int,
    tmp_path: Path,
    zygote: Zygote,
    fault_server: FaultServer,
    record_property: Callable[[str, object], None],
) -> None:
    """One of them, or both one after the other: never a mixture."""
    record_property("two runs at once", 1)
    count = 40 if stage in ASKING else 3000
    alone = Bench(tmp_path / "alone", zygote, fault_server.face().url)
    alone.file("in.jsonl", stage.rows(count))
    assert alone.run(*_run(stage)).code == 0
    face = fault_server.face(latency=0.02)
    bench = Bench(tmp_path / "work", zygote, face.url)
    bench.file("in.jsonl", stage.rows(count))
    both = [bench.start(*_run(stage)) for _ in range(2)]
    ended = [one.ended() for one in both]
    found = [f for one in ended for f in bench.broken(one, {0, 1, 2})]
    assert not found, "\n".join(found)
    assert 0 in {one.code for one in ended}
    assert (bench.folder / "out.jsonl").read_bytes() == (alone.folder / "out.jsonl").read_bytes()
    assert not bench.scratch()
    assert sum(face.answered.values()) - len(face.answered) <= 4, "answers paid for twice"


@pytest.mark.parametrize("name", [stage.name for stage in ASKING if stage.name != "pair"])
def test_two_runs_with_one_store(
    name: str,
    served: Bench,
    fault_server: FaultServer,
    record_property: Callable[[str, object], None],
) -> None:
    record_property("two runs at once", 1)
    face = fault_server.face(latency=0.05)
    served.environment["OPENAI_BASE_URL"] = face.url
    stage = STAGES[name]
    served.file("in.jsonl", stage.rows(40))
    runs = []
    for number in range(2):
        run = [p.replace("out.", f"out{number}.") for p in _run(stage)]
        runs.append(
            served.start(*[p.replace("summary.json", f"summary{number}.json") for p in run])
        )
    found = [f for one in runs for f in served.broken(one.ended(), {0})]
    assert not found, "\n".join(found)
    assert (served.folder / "out0.jsonl").read_bytes() == (
        served.folder / "out1.jsonl"
    ).read_bytes()
    assert sum(face.answered.values()) == len(face.answered), "answers paid for twice"


@pytest.mark.parametrize("_number", range(5))
def test_a_new_store_opened_by_many(
    _number: int, served: Bench, record_property: Callable[[str, object], None]
) -> None:
    record_property("stores opened at once", 12)
    stage = STAGES["sample"]
    served.file("in.jsonl", stage.rows(2))
    runs = [
        served.start(*stage.arguments, "in.jsonl", *_MODEL, "-o", f"out{n}.jsonl")
        for n in range(12)
    ]
    found = [f for one in runs for f in served.broken(one.ended(), {0})]
    assert not found, "\n".join(found)


def test_a_store_that_was_left_half_made(served: Bench) -> None:
    """Killed between two steps of making it."""
    import sqlite3

    with sqlite3.connect(served.folder / "store.sqlite") as store:
        store.execute(f"PRAGMA application_id = {0x5EA90}")
    stage = STAGES["sample"]
    served.file("in.jsonl", stage.rows(2))
    assert not served.broken(served.run(*_run(stage)), {0})


def test_a_store_is_private(served: Bench) -> None:
    stage = STAGES["sample"]
    served.file("in.jsonl", stage.rows(2))
    assert served.run(*_run(stage)).code == 0
    assert (served.folder / "store.sqlite").stat().st_mode & 0o077 == 0
