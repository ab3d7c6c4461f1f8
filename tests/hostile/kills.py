"""Runs that are killed at seeded moments, run again, and compared with an undisturbed one."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hostile.bench import Bench, Ended, Running
from hostile.fault_server import Face

SIGNALS = (signal.SIGKILL,) * 7 + (signal.SIGINT,) * 2 + (signal.SIGTERM,)
CODES = {
    signal.SIGKILL: {-signal.SIGKILL},
    signal.SIGINT: {130},
    signal.SIGTERM: {-signal.SIGTERM, 143, 130, 1},
}


@dataclass(frozen=True)
class Victim:
    """A command that is killed."""

    name: str
    start: Callable[[Bench], Running]
    """Starts the whole run: the first time, and again."""
    outputs: Callable[[Bench], Mapping[str, bytes]]
    """What is there under the outputs' names; nothing where they are absent."""
    prepare: Callable[[Bench], None]
    """Writes the input."""
    latency: float = 0.02
    concurrency: int = 4
    codes: set[int] = field(default_factory=lambda: {0})


@dataclass(frozen=True)
class Undisturbed:
    """A run that nothing disturbed."""

    seconds: float
    outputs: Mapping[str, bytes]


def undisturbed(victim: Victim, bench: Bench) -> Undisturbed:
    """Run a victim in peace."""
    victim.prepare(bench)
    ended = victim.start(bench).ended()
    assert not bench.broken(ended, victim.codes), bench.broken(ended, victim.codes)
    found = victim.outputs(bench)
    assert found
    assert all(found.values()), f"nothing written by {ended}"
    return Undisturbed(ended.seconds, found)


def kill(
    victim: Victim, bench: Bench, whole: Undisturbed, face: Face, rng: random.Random
) -> list[str]:
    """Kill a run once or twice, run it again; the promises that were broken."""
    victim.prepare(bench)
    found: list[str] = []
    times = rng.choice((1, 1, 2))
    for _ in range(times):
        running, number = victim.start(bench), rng.choice(SIGNALS)
        _ = running.pid
        after = rng.random() * whole.seconds * 1.1
        time.sleep(after)
        running.send(number)
        ended = running.ended()
        where = f"{number.name} after {after:.2f} of {whole.seconds:.2f} s"
        found += _after_a_kill(victim, bench, whole, ended, number, where)
    again = victim.start(bench).ended()
    found += bench.broken(again, victim.codes)
    if victim.outputs(bench) != dict(whole.outputs):
        found.append(f"the rerun wrote other bytes: {_difference(victim.outputs(bench), whole)}")
    paid = sum(face.answered.values()) - len(face.answered)
    if paid > times * victim.concurrency:
        found.append(f"{paid} answers paid for twice, {victim.concurrency} were in flight")
    if left := bench.scratch():
        found.append(f"left behind after the rerun: {left}")
    return [f"{victim.name}, {where}: {one}" for one in found]


def _after_a_kill(
    victim: Victim,
    bench: Bench,
    whole: Undisturbed,
    ended: Ended,
    number: signal.Signals,
    where: str,
) -> list[str]:
    found = bench.broken(ended, CODES[number] | victim.codes)
    outputs = victim.outputs(bench)
    if ended.code in victim.codes and outputs != dict(whole.outputs):
        found.append(f"{where}: exit 0, but {_difference(outputs, whole)}")
    for name, data in outputs.items():
        if data != whole.outputs.get(name):
            found.append(f"{where}: {name} is there and not whole ({len(data)} bytes)")
    return found


def _difference(outputs: Mapping[str, bytes], whole: Undisturbed) -> str:
    names = sorted(outputs.keys() ^ whole.outputs.keys())
    names += [name for name in outputs if outputs[name] != whole.outputs.get(name)]
    return ", ".join(f"{name}: {len(outputs.get(name, b''))} bytes" for name in names)


def files(*names: str) -> Callable[[Bench], dict[str, bytes]]:
    """The bytes of those of some files that are there."""

    def read(bench: Bench) -> dict[str, bytes]:
        paths = {name: bench.folder / name for name in names}
        return {name: path.read_bytes() for name, path in paths.items() if path.exists()}

    return read


def writes(rows: Sequence[Mapping[str, Any]], name: str = "in.jsonl") -> Callable[[Bench], None]:
    """Writes an input file."""

    def write(bench: Bench) -> None:
        bench.file(name, rows)

    return write
