"""The same job in seapo, in the tools one might use instead, and by hand: cost, kill, faults.

    python benchmarks/peers.py [NAME ...] [--venvs FOLDER] [--work FOLDER] [--many] [--again]

The job: one mistake in each of 100 answers, one request for each, 16 in flight, from the mock
server (50 ms). All send the text that `seapo inject --mode rewrite` sends. Each peer
(`peers/job_*.py`) runs in a virtual environment of its own, FOLDER/NAME, that is yours to make: a
missing one is told with the lines that make it. Each part, as soon as it is measured, is kept in
`results/peers.json` and not measured again, unless `--again`. `--many`: 2,000 answers as well.

CPU and memory are those of all processes of the job, not of the server. Memory is the most that the
sum of their proportional set sizes (shared pages once) came to, looked at up to ten times a second.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import harness
import peers_tables
from process_tree import Tree, adopt_orphans

sys.path.insert(0, str(harness.ROOT / "tests"))

from servers import Behaviour, Fault, Server, serve

ROWS, MANY, IN_FLIGHT, LATENCY, LIMIT = 100, 2000, 16, 0.05, 300
JOBS = Path(__file__).with_name("peers")
SERVED = Behaviour(LATENCY, echo=r"(?s)(?<=\[answer\]\n).*?(?=\n\[end of answer\])")
BROKEN = {"row-0033": "500", "row-0055": "400", "row-0077": "not JSON"}
FAULTS = (
    Fault("status", 500, marker="crate 0033"),
    Fault("status", 400, marker="crate 0055"),
    Fault("malformed", marker="crate 0077"),
)


@dataclass(frozen=True)
class Peer:
    """A way to do the job."""

    name: str
    package: str
    """What has the version, and what pip installs."""
    more: str = ""
    """What it needs as well, and does not say."""
    many: bool = True
    """Whether it is fast enough for the second size."""

    def python(self, venvs: Path) -> Path:
        return venvs / self.name / "bin" / "python"

    def command(self, venvs: Path, rows: Path, url: str) -> list[str]:
        if self.name == "seapo":
            options = ["-t", "factual", "--mode", "rewrite", "-c", str(IN_FLIGHT)]
            files = [str(rows), "-o", "output.jsonl", "--errors", "errors.jsonl"]
            return [*harness.SEAPO, "inject", *options, "-m", "mock", "--base-url", url, *files]
        job = JOBS / f"job_{self.name.replace('-', '_')}.py"
        python = Path(sys.executable) if self.name == "by-hand" else self.python(venvs)
        requests = str(rows.with_name(f"requests-{rows.name}"))
        return [str(python), str(job), requests, "output.jsonl", url, str(IN_FLIGHT)]


PEERS = (
    Peer("seapo", "seapo-cli"),
    Peer("by-hand", "openai"),
    Peer("distilabel", "distilabel[openai]", "requests"),
    Peer("curator", "bespokelabs-curator"),
    Peer("synthetic-data-kit", "synthetic-data-kit", many=False),
    Peer("data-designer", "data-designer"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="some of the peers")
    parser.add_argument("--venvs", type=Path, default=harness.ROOT / ".venv-peers")
    parser.add_argument("--work", type=Path, help="where the jobs run; kept, with their logs")
    parser.add_argument("--many", action="store_true", help=f"{MANY} answers as well")
    parser.add_argument("--again", action="store_true", help="measure what is there, too")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - {peer.name for peer in PEERS}
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    adopt_orphans()
    path = harness.RESULTS / "peers.json"
    found = json.loads(path.read_text())["peers"] if path.exists() else {}
    venvs = arguments.venvs.absolute()
    sizes = (ROWS, MANY) if arguments.many else (ROWS,)
    with _folder(arguments.work) as work, serve(SERVED) as server:
        files = write_job(work, sizes)
        for peer in PEERS:
            used = version_of(peer, venvs)
            if used is None or (arguments.names and peer.name not in arguments.names):
                continue
            entry = found.get(peer.name, {})
            if arguments.again or entry.get("version") != used:
                entry = {}
            bench = Bench(peer, venvs, work, files, server)
            for part in bench.parts(entry):
                load = os.getloadavg()[0]
                entry |= {"version": used, **part(), "load": load}
                found[peer.name] = entry
                harness.save("peers", {"about": ABOUT, "peers": found})
    missing = [peer for peer in PEERS if peer.name not in found]
    peers_tables.show({peer.name: found[peer.name] for peer in PEERS if peer.name in found})
    for peer in missing:
        print(f"{peer.name}: not measured; needs python -m venv .venv-peers/{peer.name}")
        print(f"    .venv-peers/{peer.name}/bin/pip install '{peer.package}' {peer.more}")


ABOUT = {
    "rows": ROWS,
    "many_rows": MANY,
    "in_flight": IN_FLIGHT,
    "latency_s": LATENCY,
    "broken": BROKEN,
}


@contextmanager
def _folder(path: Path | None) -> Iterator[Path]:
    """The user's, or one for as long as the block lasts."""
    if path is not None:
        path.mkdir(parents=True)
        yield path.absolute()
    else:
        with tempfile.TemporaryDirectory(prefix="peers-") as scratch:
            yield Path(scratch)


def write_job(folder: Path, sizes: Sequence[int]) -> dict[int, Path]:
    """The rows of each size, and beside them the requests that seapo makes of them."""
    return {count: _write_rows(folder, count) for count in sizes}


def _write_rows(folder: Path, count: int) -> Path:
    path, batch = folder / f"{count}.jsonl", folder / f"batch-{count}.jsonl"
    rows = [_row(number) for number in range(count)]
    harness.write_rows(path, rows)
    options = ["-t", "factual", "--mode", "rewrite", "-m", "mock", "--batch-out", str(batch)]
    store = ["--store", str(folder / f"batch-{count}.sqlite"), "-o", str(folder / "none.jsonl")]
    url = ["--base-url", "http://127.0.0.1:9/v1"]  # nothing is sent
    harness.measure([*harness.SEAPO, "inject", *options, *url, *store, str(path)], folder, ok=(4,))
    bodies = [
        line["body"]
        for part in sorted(folder.glob(f"batch-{count}-*.jsonl"))
        for line in harness.read_rows(part)
    ]
    requests = [
        {
            "id": row["id"],
            "request": body["messages"][-1]["content"],
            "max_tokens": body["max_tokens"],
        }
        for row, body in zip(rows, bodies, strict=True)
    ]
    assert all(row["response"] in made["request"] for row, made in zip(rows, requests, strict=True))
    harness.write_rows(folder / f"requests-{count}.jsonl", requests)
    return path


def _row(number: int) -> dict[str, Any]:
    bolts = 1200 + 7 * number
    return {
        "id": f"row-{number:04}",
        "prompt": f"How many bolts are in crate {number:04}, and how heavy is it?",
        "response": f"There are {bolts} steel bolts in it. They lie in twelve layers, with oiled "
        "paper between them, so that they neither rust nor rub against each other on the road. "
        "A bolt is as long as a finger and weighs 85 grams with its nut and washer. The wood of "
        "the crate itself, with both handles and the lid, is about as heavy as 90 of the bolts. "
        f"All in all the crate weighs {(bolts + 90) * 85 / 1000:.1f} kilograms, which two people "
        "can lift onto a cart; a shelf should carry at least half as much again, since such "
        "crates are usually stacked, and one has to walk around them with care.",
    }


def version_of(peer: Peer, venvs: Path) -> str | None:
    """The installed version; None where there is no environment for it."""
    if peer.name == "seapo":
        return f"commit {harness.machine()['commit']}"
    if peer.name == "by-hand":
        return f"openai {version(peer.package)}"
    if not peer.python(venvs).exists():
        return None
    code = "import sys; from importlib.metadata import version; print(version(sys.argv[1]))"
    command = [str(peer.python(venvs)), "-c", code, peer.package.partition("[")[0]]
    told = subprocess.run(command, capture_output=True, text=True)
    return told.stdout.strip() or None


class Bench:
    """All runs of one peer; each starts in an empty folder, that is its home as well."""

    def __init__(
        self, peer: Peer, venvs: Path, scratch: Path, files: Mapping[int, Path], server: Server
    ) -> None:
        self._peer, self._venvs, self._files, self._server = peer, venvs, files, server
        self._scratch = scratch / peer.name

    def parts(self, known: Mapping[str, Any]) -> Iterator[Callable[[], dict[str, Any]]]:
        """What is not measured yet."""
        if "clean" not in known:
            yield lambda: {"clean": self._ended(self._started("clean"), ROWS)}
        if "rerun" not in known:
            yield self._kill
        if "mended" not in known:
            yield self._fail
        if "many" not in known and MANY in self._files and self._peer.many:
            yield lambda: {"many": self._ended(self._started("many", MANY), MANY)}

    def _kill(self) -> dict[str, Any]:
        """Killed when half of the answers have left, then started again."""
        tree = self._started("killed")
        while tree.running:
            with suppress(TimeoutError):  # on a busy machine it may take its time
                self._server.wait(ROWS // 2)
                break
        tree.kill()
        killed = {"answered": len(self._server.log().answered())}
        return {"killed": killed, "rerun": self._ended(self._started("killed"), ROWS)}

    def _fail(self) -> dict[str, Any]:
        """With three rows that fail, then, those mended, started again."""
        broken = self._ended(self._started("faults", faults=FAULTS), ROWS)
        named = {kind: _named(self._folder, name) for name, kind in BROKEN.items()}
        mended = self._ended(self._started("faults"), ROWS)
        return {"faults": {**broken, "named": named}, "mended": mended}

    def _started(self, name: str, rows: int = ROWS, faults: tuple[Fault, ...] = ()) -> Tree:
        self._folder = self._scratch / name
        home = self._folder / "home"
        home.mkdir(parents=True, exist_ok=True)
        self._server.set(replace(SERVED, faults=faults))
        command = self._peer.command(self._venvs, self._files[rows], self._server.url)
        return Tree(command, self._folder, environment(home), self._folder / "log.txt")

    def _ended(self, tree: Tree, rows: int) -> dict[str, Any]:
        cost, log = tree.wait(LIMIT), self._server.log()
        ids = Counter(_made(self._folder))
        return {
            **asdict(cost),
            "requests": len(log.entries),
            "prompt_tokens": sum(entry.tokens for entry in log.entries),
            "most_open": log.peak,
            "missing": rows - len(ids),
            "twice": sum(ids.values()) - len(ids),
        }


def environment(home: Path) -> dict[str, str]:
    """What a peer sees: nothing of this machine's settings, no telemetry, no network."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    off = (
        "HF_HUB_OFFLINE",
        "HF_HUB_DISABLE_TELEMETRY",
        "DO_NOT_TRACK",
        "LITELLM_LOCAL_MODEL_COST_MAP",
    )
    no = ("NEMO_TELEMETRY_ENABLED", "TELEMETRY_ENABLED", "CURATOR_VIEWER")
    return {
        **kept,
        "HOME": str(home),
        "OPENAI_API_KEY": "none",
        "PYTHONPATH": str(harness.ROOT / "src"),
        **dict.fromkeys(off, "1"),
        **dict.fromkeys(no, "0"),
    }


def _made(folder: Path) -> list[str]:
    """The ids of the rows in the output that have a negative."""
    path = folder / "output.jsonl"
    rows = harness.read_rows(path) if path.exists() else []
    return [row["id"] for row in rows if row["negative"]]


def _named(folder: Path, name: str) -> list[str]:
    """Where a row that failed is told by its id or by its prompt."""
    crate = f"crate {name[-4:]}"
    texts = {path.name: path.read_text() for path in folder.glob("*.*") if path.is_file()}
    return sorted(file for file, text in texts.items() if name in text or crate in text)


if __name__ == "__main__":
    main()
