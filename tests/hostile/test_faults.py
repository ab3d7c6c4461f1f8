"""Servers that break every rule: runs end by themselves, keep good rows, and finish later."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hostile.bench import Bench, Zygote
from hostile.fault_server import Fault, FaultServer
from hostile.faults import FAULTS
from hostile.stages import ASKING, BAD, Stage

ROWS, FAULTY = 4, (1, 2)
ENDS_WITHIN = 60.0
"""Seconds: it takes at most ten, on a machine that does nothing else."""
MOST_REQUESTS = 100
MOST_MEMORY_MB = 400
_LIMITS = ("--timeout", "3", "--retries", "1", "--patience", "15", "-c", "4")


def _attack(stage: Stage, fault: Fault, bench: Bench, server: FaultServer) -> list[str]:
    """Run a stage into a fault and again without it; the promises that were broken."""
    face = server.face(fault, "" if fault.everywhere or fault.where == "models" else BAD)
    bench.environment["OPENAI_BASE_URL"] = face.url
    bench.file("in.jsonl", stage.rows(ROWS, FAULTY))
    model = () if fault.where == "models" else ("--model", "mock")
    options = (*_LIMITS, *model, "--errors", "errors.jsonl")
    run = stage.run(*options, *(("--rejected", "rejected.jsonl") * (stage.name == "judge")))
    first = bench.start(*run).ended(ENDS_WITHIN)
    found = bench.broken(first)
    if len(face.asked) > MOST_REQUESTS:
        found.append(f"{len(face.asked)} requests for {ROWS} rows in {first.seconds:.1f} s")
    if first.peak_mb > MOST_MEMORY_MB:
        found.append(f"{first.peak_mb} MB of memory")
    if fault.where == "chat":
        found += _rows_lost(bench, stage, first.code, fault)
    face.fault = None
    again = bench.start(*run).ended(ENDS_WITHIN)
    found += bench.broken(again, {0} if fault.heals else {0, 3})
    if fault.heals and not found:
        found += _rows_lost(bench, stage, 0, fault, everything=True)
    return [f"{stage.name}: {one}" for one in found]


def _rows_lost(
    bench: Bench, stage: Stage, code: int, fault: Fault, everything: bool = False
) -> list[str]:
    if code not in (0, 3):
        allowed = fault.fatal or code == 130
        return [] if allowed else [f"good rows lost: the whole run failed with {code}"]
    refused = [row["reason"] for row in bench.rows("errors.jsonl") if "HTTP" in row["reason"]]
    if fault.serves and refused:
        return [f"rows failed at a server that can be worked with: {refused[0]}"]
    if fault.serves and not fault.heals:
        return []  # without a schema, what the model says need not be of use
    kept = bench.rows("out.jsonl") + bench.rows("rejected.jsonl")
    ids = {row.get("id", "")[:5] for row in kept}
    wanted = {f"row-{n}" for n in range(ROWS) if everything or n not in FAULTY}
    if stage.name == "plausibility":  # without --rejected, so that this is tried too
        return []
    return [f"rows lost: {sorted(wanted - ids)}"] if wanted - ids else []


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault(
    name: str,
    tmp_path: Path,
    zygote: Zygote,
    fault_server: FaultServer,
    record_property: Callable[[str, object], None],
) -> None:
    fault = FAULTS[name]
    stages = ASKING[:1] if fault.where == "models" else ASKING
    record_property("faults of servers", 1)
    record_property("runs against faulty servers", 2 * len(stages))
    with ThreadPoolExecutor(len(stages)) as pool:
        benches = [Bench(tmp_path / stage.name, zygote) for stage in stages]
        tried = [
            pool.submit(_attack, stage, fault, one, fault_server)
            for stage, one in zip(stages, benches, strict=True)
        ]
        broken = [one for attack in tried for one in attack.result()]
    assert not broken, "\n".join(broken)
