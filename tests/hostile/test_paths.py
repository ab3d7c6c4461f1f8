"""Every two file options of every command with one path: refused, and nobody's file is touched."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import pytest

from hostile.bench import Bench, Zygote
from hostile.fault_server import FaultServer
from hostile.stages import Stage

USERS = b'{"prompt": "mine"}\n'
"""What a user's own file holds."""


@dataclass(frozen=True)
class Command:
    """A command with its file options."""

    arguments: tuple[str, ...]
    reads: tuple[str, ...]
    writes: tuple[str, ...]

    def called(self, paths: dict[str, str]) -> tuple[str, ...]:
        """The command line with these paths, and others of its own where it needs one."""
        named = {"FILE": "in.jsonl", **paths}
        options = [part for name, path in named.items() if name != "FILE" for part in (name, path)]
        split = ("--eval-split", "0.5") if "--eval-output" in named else ()
        output = () if "-o" in named or "--batch-out" in named else ("-o", "own.jsonl")
        return (*self.arguments, named["FILE"], *options, *split, *output)


_WRITES = ("-o", "--errors", "--summary")
COMMANDS = {
    "sample": Command(("sample", "-m", "mock"), ("FILE",), (*_WRITES, "--store")),
    "inject": Command(
        ("inject", "-t", "factual", "-m", "mock"), ("FILE", "-t"), (*_WRITES, "--store")
    ),
    "filter": Command(("filter",), ("FILE",), (*_WRITES, "--rejected")),
    "judge": Command(
        ("filter", "--check", "judge", "-m", "mock"), ("FILE",), (*_WRITES, "--rejected", "--store")
    ),
    "pair": Command(
        ("pair", "-f", "llamafactory"),
        ("FILE", "--decontaminate"),
        (*_WRITES, "--eval-output", "--dataset-info"),
    ),
    "batch out": Command(
        ("sample", "-m", "mock"), ("FILE",), ("--batch-out", "--errors", "--summary", "--store")
    ),
    "batch": Command(
        ("sample", "-m", "mock"), ("FILE", "--batch-in"), ("-o", "--errors", "--summary", "--store")
    ),
}


def _same(_bench: Bench, path: str) -> str:
    return path


def _dotted(_bench: Bench, path: str) -> str:
    return f"./sub/../{path}"


def _absolute(bench: Bench, path: str) -> str:
    return str(bench.folder / path)


def _double_slash(bench: Bench, path: str) -> str:
    return f"{bench.folder}//./{path}"


def _linked(bench: Bench, path: str) -> str:
    link = bench.folder / "link.jsonl"
    link.unlink(missing_ok=True)
    link.symlink_to(path)
    return link.name


def _through_a_linked_folder(bench: Bench, path: str) -> str:
    link = bench.folder / "elsewhere"
    if not link.is_symlink():
        link.symlink_to(".")
    return f"elsewhere/{path}"


def _through_proc(_bench: Bench, path: str) -> str:
    return f"/proc/self/cwd/{path}"


def _hard_linked(bench: Bench, path: str) -> str:
    link = bench.folder / "hard.jsonl"
    link.unlink(missing_ok=True)
    if (bench.folder / path).exists():
        os.link(bench.folder / path, link)
        return link.name
    return path


Spelling = Callable[[Bench, str], str]
SPELLINGS: tuple[Spelling, ...] = (
    *(_same, _dotted, _absolute, _double_slash, _linked, _through_a_linked_folder),
    *(_through_proc, _hard_linked),
)


def _try(
    bench: Bench, command: Command, exists: bool, one: str, other: str, spelling: Spelling
) -> list[str]:
    """Give two options one path; the promises that were broken."""
    (bench.folder / "sub").mkdir()
    if exists and "FILE" not in (one, other):
        bench.file("x.jsonl", USERS)
    path = "in.jsonl" if one == "FILE" else "x.jsonl"
    file = bench.folder / path
    before = file.read_bytes() if exists else None
    ended = bench.run(*command.called({one: path, other: spelling(bench, path)}))
    is_hard = exists and spelling is _hard_linked  # two names: giving one a new file does no harm
    found = bench.broken(ended, {0, 1, 2, 3} if is_hard else {2})
    now = file.read_bytes() if file.exists() else None
    if now != before and not (is_hard and one != "FILE"):
        found.append(f"{path} was changed to {now!r:.60}")
    return found


@pytest.mark.parametrize("exists", [True, False], ids=["there", "new"])
@pytest.mark.parametrize("name", COMMANDS)
def test_two_equal_paths(
    name: str,
    exists: bool,
    tmp_path: Path,
    zygote: Zygote,
    fault_server: FaultServer,
    record_property: Callable[[str, object], None],
) -> None:
    command, face, broken = COMMANDS[name], fault_server.face(), []
    tries = [
        (one, other, spelling)
        for one, other in combinations((*command.reads, *command.writes), 2)
        # Two inputs may be one file, and an input that is not there is another mistake.
        if other not in command.reads and (exists or one not in command.reads)
        for spelling in (SPELLINGS if exists else SPELLINGS[:5])
    ]

    def attempt(number: int) -> list[str]:
        bench = Bench(tmp_path / str(number), zygote, face.url)
        bench.file("in.jsonl", Stage(name, ()).rows(3))
        one, other, spelling = tries[number]
        found = _try(bench, command, exists, one, other, spelling)
        return [f"{one} and {other}, {spelling.__name__[1:]}: {each}" for each in found]

    with ThreadPoolExecutor(3) as pool:
        broken = [each for found in pool.map(attempt, range(len(tries))) for each in found]
    tried = len(tries)
    record_property("equal paths", tried)
    if name not in ("filter", "pair") and not exists:
        assert not face.asked, "requests were paid before the paths were looked at"
    assert not broken, f"{len(broken)} of {tried}\n" + "\n".join(broken)


@pytest.mark.parametrize("target", ["errors.jsonl", "train_metrics.jsonl", "pairs.jsonl",
                                    "train_settings.json", "README.md"])  # fmt: skip
def test_pairs_inside_the_output_folder_of_training(
    target: str, bench: Bench, record_property: Callable[[str, object], None]
) -> None:
    pytest.importorskip("torch")
    record_property("equal paths", 1)
    bench.file(f"out/{target}", USERS)
    arguments = ("train", f"out/{target}", "--output-dir", "out", "--model", "nowhere")
    ended = bench.real(*arguments, environment={"HF_HUB_OFFLINE": "1"})
    assert not bench.broken(ended, {1, 2})
    assert (bench.folder / "out" / target).read_bytes() == USERS


def test_dev_null_may_stand_twice(bench: Bench) -> None:
    bench.file("in.jsonl", Stage("filter", ()).rows(3))
    run = ("filter", "in.jsonl", "-o", "/dev/null", "--rejected", "/dev/null", "--errors")
    assert not bench.broken(bench.run(*run, "/dev/null", "--summary", "/dev/null"), {0})


def test_batch_files_take_nobody_s_place(bench: Bench) -> None:
    """`--batch-out data.jsonl` writes data-00001.jsonl, which may be the user's own."""
    rows = Stage("sample", ()).rows(3)
    own = [bench.file(f"data-0000{n}.jsonl", rows) for n in (1, 2, 3)]
    before = [path.read_bytes() for path in own]
    run = ("sample", "data-00002.jsonl", "-m", "mock", "--batch-out", "data.jsonl")
    assert not bench.broken(bench.run(*run), {1, 2})
    assert [path.read_bytes() for path in own if path.exists()] == before


@pytest.mark.parametrize("name", ["--errors", "--summary", "--store"])
def test_batch_files_are_nothing_else_of_the_run(name: str, bench: Bench) -> None:
    bench.file("in.jsonl", Stage("sample", ()).rows(3))
    run = ("sample", "in.jsonl", "-m", "mock", "--batch-out", "data.jsonl")
    assert not bench.broken(bench.run(*run, name, "data-00001.jsonl"), {2})
    assert not list(bench.folder.glob("data*"))


@pytest.mark.parametrize("name", ["-o", "--rejected", "--errors", "--summary"])
@pytest.mark.parametrize("suffix", [".part", ".tmp"])
def test_links_beside_an_output_are_not_followed(suffix: str, name: str, bench: Bench) -> None:
    """A link where a temporary file might stand does not lead out of the folder."""
    bench.file("in.jsonl", Stage("filter", ()).rows(3))
    victim = bench.file("victim.txt", USERS)
    (bench.folder / f"own.jsonl{suffix}").symlink_to("victim.txt")
    output = () if name == "-o" else ("-o", "out.jsonl")
    ended = bench.run("filter", "in.jsonl", name, "own.jsonl", *output)
    assert victim.read_bytes() == USERS
    assert not bench.broken(ended)


def test_a_fifo_beside_an_output_does_not_block(bench: Bench) -> None:
    bench.file("in.jsonl", Stage("filter", ()).rows(3))
    os.mkfifo(bench.folder / "out.jsonl.part")
    ended = bench.start("filter", "in.jsonl", "-o", "out.jsonl").ended(30)
    assert not bench.broken(ended)
    assert ended.code in (1, 2) or bench.rows("out.jsonl")
