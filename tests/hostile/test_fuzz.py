"""A hundred thousand lines with something wrong in them: bad ones are reported, good ones kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from hostile.bench import Bench, Ended
from hostile.fault_server import FaultServer
from hostile.mutations import GOOD_EVERY, lines
from hostile.stages import Stage

PART = 2000
"""Lines of one run."""
MOST_MEMORY_MB = 700
_QUICK = ("-m", "mock", "--retries", "0", "-c", "32", "--attempts", "2")
STAGES: dict[str, tuple[Stage, int]] = {
    "sample": (Stage("sample", ("sample", *_QUICK[:-2])), 5),
    "inject": (Stage("inject", ("inject", "-t", "factual", *_QUICK)), 4),
    "rewrite": (Stage("rewrite", ("inject", "-t", "logical", "--mode", "rewrite", *_QUICK)), 3),
    "judge": (Stage("judge", ("filter", "--check", "judge", *_QUICK[:-2])), 2),
    "filter": (Stage("filter", ("filter",)), 10),
    "strict": (Stage("strict", ("filter", "--preset", "strict", "--no-check", "duplicates")), 4),
    "pair": (Stage("pair", ("pair", "-f", "trl", "--provenance")), 4),
    "chat": (Stage("chat", ("pair", "-f", "trl-chat", "--provenance", "--strategy", "all")), 3),
    "vanilla": (Stage("vanilla", ("pair", "-f", "ultrafeedback", "--strategy", "vanilla",
                                  "--positive", "score")), 1),
    "alpaca": (Stage("alpaca", ("pair", "-f", "llamafactory", "--order", "easy-to-hard")), 2),
}  # fmt: skip
SHOWN, LOADED = 5, 7
_KEEPS = ("sample", "inject", "rewrite", "filter", "strict", "judge", "pair", "chat")
"""Commands from which each good row comes out again, or is rejected or reported."""


def _run(bench: Bench, stage: Stage, data: Sequence[bytes]) -> tuple[Ended, list[str]]:
    """Run a stage over lines; the promises that were broken."""
    bench.file("in.jsonl", b"".join(data))
    more: tuple[str, ...] = ("--errors", "errors.jsonl")
    if stage.arguments[0] == "filter":
        more = (*more, "--rejected", "rejected.jsonl")
    for name in ("out.jsonl", "rejected.jsonl", "errors.jsonl"):
        (bench.folder / name).unlink(missing_ok=True)
    ended = bench.run(*stage.run(*more), environment={"SEAPO_STORE": ""})
    found = bench.broken(ended, {0, 1, 3})
    if ended.peak_mb > MOST_MEMORY_MB:
        found.append(f"{ended.peak_mb} MB of memory")
    return ended, found


def _smallest(bench: Bench, stage: Stage, data: Sequence[bytes]) -> Sequence[bytes]:
    """A part of some lines that still breaks a promise, by halves."""
    while len(data) > 1:
        half = len(data) // 2
        for part in (data[:half], data[half:]):
            if _run(bench, stage, part)[1]:
                data = part
                break
        else:
            break
    return data


@pytest.mark.parametrize(
    ("name", "seed"), [(name, seed) for name, (_, parts) in STAGES.items() for seed in range(parts)]
)
def test_a_stage(
    name: str,
    seed: int,
    bench: Bench,
    fault_server: FaultServer,
    record_property: Callable[[str, object], None],
) -> None:
    stage = STAGES[name][0]
    bench.environment["OPENAI_BASE_URL"] = fault_server.face().url
    data = list(lines(stage, PART, seed))
    record_property("lines fuzzed", len(data))
    ended, found = _run(bench, stage, data)
    if found:
        least = _smallest(bench, stage, data)
        shown = b"".join(least)[:500]
        pytest.fail(f"{len(least)} lines are enough: {shown!r}\n" + "\n".join(found))
    # One answer a prompt: a strategy that compares answers may make nothing of it.
    codes = {3} if name in _KEEPS else {1, 3}
    assert ended.code in codes, f"bad lines were taken for good ones: {ended}"
    summary = json.loads((bench.folder / "summary.json").read_bytes())
    failed = {row["line"] for row in bench.rows("errors.jsonl")}
    assert len(failed) == summary["rows_failed"]
    assert all(1 <= number <= PART for number in failed)
    if name in _KEEPS:
        _check_good_rows(bench, name)


def _check_good_rows(bench: Bench, name: str) -> None:
    """Good rows came out; where a model writes, or checks judge, they may be reported instead."""
    kept = {row.get("id") for row in bench.rows("out.jsonl")}
    told = {row.get("id") for row in bench.rows("rejected.jsonl") + bench.rows("errors.jsonl")}
    wanted = {f"good-{number}" for number in range(0, PART, GOOD_EVERY)}
    may_be_told = name in ("inject", "rewrite", "filter", "strict", "judge")
    assert not wanted - kept - (told if may_be_told else set())
    assert wanted & kept, "not one good row came out"


@pytest.mark.parametrize("seed", range(SHOWN))
def test_show(seed: int, bench: Bench, record_property: Callable[[str, object], None]) -> None:
    stage = Stage("show", ())
    bench.file("in.jsonl", b"".join(lines(stage, PART, seed)))
    record_property("lines fuzzed", PART)
    ended = bench.run("show", "in.jsonl")
    found = [one for one in bench.broken(ended, {0, 3}) if "lines on stderr" not in one]
    assert not found, "\n".join(found)
    assert b"\x1b]0;" not in ended.stdout, "raw escapes of the data reach the terminal"
    assert ended.stdout.strip()


@pytest.mark.parametrize("seed", range(LOADED))
def test_the_loader_of_training(
    seed: int, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    from seapo_cli.formats.reader import PreferencePair, read_pairs

    stage, path = Stage("train", ()), tmp_path / "pairs.jsonl"
    path.write_bytes(b"".join(lines(stage, PART, seed)))
    record_property("lines fuzzed", PART)
    found = list(read_pairs([path]))
    places = [
        one.where if isinstance(one, PreferencePair) else f"{path}:{one.line}" for one in found
    ]
    assert len(set(places)) == len(places)
    good = {f"{path}:{number}" for number in range(1, PART + 1, GOOD_EVERY)}
    assert good <= {one.where for one in found if isinstance(one, PreferencePair)}
    for one in found:
        if isinstance(one, PreferencePair):
            json.dumps([one.chosen, one.rejected, one.weight, one.margin]).encode()
            assert 0 < one.weight < float("inf")
            assert abs(one.margin) < float("inf")


def _damages(data: bytes, seed: int) -> Iterator[bytes]:
    """A file cut, changed and lengthened at seeded places."""
    import random

    rng = random.Random(seed)
    for _ in range(12):
        place = rng.randrange(1, len(data))
        yield data[:place]
        changed = bytearray(data)
        for _ in range(rng.choice((1, 1, 5, 50))):
            changed[rng.randrange(len(data))] = rng.randrange(256)
        yield bytes(changed)
    yield data + rng.randbytes(100)
    yield b""
    yield rng.randbytes(200)


def _packed(kind: str, rows: int = 200) -> bytes:
    """Good rows in a format that is not plain text."""
    import gzip
    import io

    made = Stage("damage", ()).rows(rows)
    plain = b"".join(json.dumps(row).encode() + b"\n" for row in made)
    if kind == "gz":
        return gzip.compress(plain)
    if kind == "zst":
        import zstandard

        return zstandard.compress(plain)
    import pyarrow
    from pyarrow import feather, parquet

    sink, table = io.BytesIO(), pyarrow.Table.from_pylist(made)
    if kind == "parquet":
        parquet.write_table(table, sink, row_group_size=50)
    else:
        feather.write_feather(table, sink, compression="uncompressed")
    return sink.getvalue()


@pytest.mark.parametrize("kind", ["gz", "zst", "parquet", "arrow"])
def test_damaged_files(
    kind: str, bench: Bench, record_property: Callable[[str, object], None]
) -> None:
    data, broken = _packed(kind), []
    tried = list(_damages(data, seed=1))
    for number, damaged in enumerate(tried):
        bench.file(f"in{number}.{kind}", damaged)
        run = ("filter", f"in{number}.{kind}", "-o", "out.jsonl", "--preset", "none")
        broken += bench.broken(bench.run(*run, "--check", "length"))
    record_property("files damaged", len(tried))
    record_property("lines fuzzed", 200 * len(tried))
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("kind", ["gz", "zst", "parquet", "arrow"])
def test_bombs(kind: str, bench: Bench, record_property: Callable[[str, object], None]) -> None:
    """Files of some kilobytes that unpack to gigabytes are read in bounded memory, or refused."""
    record_property("files damaged", 1)
    (bench.folder / f"in.{kind}").write_bytes(_bomb(kind))
    assert (bench.folder / f"in.{kind}").stat().st_size < 3 << 20
    run = ("filter", f"in.{kind}", "-o", "out.jsonl", "--preset", "none", "--check", "length")
    ended = bench.run(*run, "--errors", "/dev/null")
    found = bench.broken(ended)
    if ended.peak_mb > MOST_MEMORY_MB:
        found.append(f"{ended.peak_mb} MB of memory")
    assert not found, "\n".join(found)


def _bomb(kind: str) -> bytes:
    import gzip
    import io

    if kind == "gz":
        return b"".join([gzip.compress(b"\n" * (1 << 20))] * 80)
    if kind == "zst":
        import zstandard

        return zstandard.compress(b"\n" * (80 << 20))
    import pyarrow
    from pyarrow import ipc, parquet

    text = pyarrow.array(["x" * (8 << 20)])
    places = pyarrow.array([0] * 400, pyarrow.int32())
    table = pyarrow.table({"prompt": pyarrow.DictionaryArray.from_arrays(places, text)})
    sink = io.BytesIO()
    if kind == "parquet":
        parquet.write_table(table, sink, compression="zstd")
    else:
        options = ipc.IpcWriteOptions(compression="zstd")
        with ipc.new_file(sink, table.schema, options=options) as writer:
            writer.write_table(table)
    return sink.getvalue()
