"""Somebody who types the commands of a page one after the other, in a folder of their own.

Behind every endpoint is the mock server. What would fetch something has a stand-in: `pip` and
`python3 -m venv` install nothing, `vllm run-batch` asks the mock server.
"""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from batch_service import answer_all
from pages import ROOT, Block
from report import material
from running import PATIENT, Seapo, jsonl
from seapo_cli.engine.tally import Tally
from servers import Server

FINE = {0, 3, 4, 5}
"""What a command may end with: rows may fail, batches wait, a budget may be spent."""
_ENDPOINT = re.compile(r"http://[\w.-]+:8000/v1|(?<=--base-url )URL\b")
_STAND_INS = {
    "seapo": f'exec "{sys.executable}" -m seapo_cli "$@"',
    "pip": "exit 0",
    "python3": 'mkdir -p "$3/bin" && touch "$3/bin/activate"',
    "jq": "exit 0",
    "vllm": f'exec "{sys.executable}" "{ROOT}/tests/batch_service.py" "$@"',
}
_TYPED = """source "$VARIABLES" 2> /dev/null
set -uo pipefail
trap 'echo "$?: $BASH_COMMAND" >> "$FAILURES"' ERR
{text}
declare -p > "$VARIABLES"
echo; echo 'All typed.'
"""
_RULE = "negatives.jsonl: answers.jsonl\n\tseapo inject -t factual --limit 1 $< -o $@\n"


class Reader:
    """Types blocks; whatever goes wrong is an `AssertionError` that says where."""

    def __init__(self, folder: Path, server: Server, model: Path | None = None) -> None:
        """The folder is empty; the model is what every name of a checkpoint stands for."""
        self._folder, self._server, self._model = folder / "here", server, model
        self._environment = Seapo(folder, server).environment
        if model:
            self._environment["SEAPO_TRAIN_MODEL"] = str(model)
        programs = folder / "bin"
        programs.mkdir()
        for name, line in _STAND_INS.items():
            if name == "jq" and shutil.which(name):
                continue
            (programs / name).write_text(f"#!/bin/sh\n{line}\n")
            (programs / name).chmod(0o755)
        self._environment["PATH"] = f"{programs}:{self._environment['PATH']}"
        self._failures = folder / "failures"
        self._environment["FAILURES"] = str(self._failures)
        self._environment["VARIABLES"] = str(folder / "variables")
        (folder / "variables").touch()
        shutil.copytree(ROOT / "examples", self._folder / "examples")

    def type(self, block: Block) -> None:
        """Put down the files that are given, and run the block."""
        for name in block.given:
            self._give(name)
        self._failures.write_text("")
        done = subprocess.run(
            ["bash", "-c", _TYPED.format(text=self._meant(block.text))],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=5 * PATIENT,
            check=False,
        )
        told = f"{block.place}:\n{self._failures.read_text()}{done.stderr}"
        codes = {int(line.split(":")[0]) for line in self._failures.read_text().splitlines()}
        assert done.stdout.endswith("\nAll typed.\n"), told
        assert codes <= FINE, told
        assert "Traceback" not in done.stderr, told

    def _meant(self, text: str) -> str:
        """The text with real names in the places of invented ones."""
        text = _ENDPOINT.sub(self._server.url, text).replace("_API_KEY=…", "_API_KEY=sk-x")
        if self._model:
            text = re.sub(r"\bQwen/[\w.-]+|(?<=-m )MODEL\b", str(self._model), text)
        return text

    def _give(self, name: str) -> None:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.startswith("results"):
            answer_all(self._server.url, sorted(self._folder.glob("requests-*.jsonl")), path)
        else:
            path.write_bytes(_GIVEN[name])


def _rows(start: int, count: int = 16) -> list[dict[str, Any]]:
    """Sums, and wrong ones whose only mark is that they are wrong."""
    rows = []
    for n in range(start, start + count):
        prompt = f"A shelf holds {n} books and gets {n + 3} more. How many are there?"
        right, wrong = str(2 * n + 3), str(2 * n + 3 + (2, -2)[n // 2 % 2])
        answer = f"There are {n} and {n + 3} books, {right} in all."
        place = answer.rindex(right)
        edit = {"start": place, "end": place + len(right), "original": right, "replacement": wrong}
        error = {"type": ("factual", "logical")[n % 2], "mode": "propose", "edits": [edit]}
        negative = f"{answer[:place]}{wrong}{answer[place + len(right) :]}"
        rows.append({"prompt": prompt, "response": answer, "negative": negative, "error": error})
    return rows


def _pairs(start: int) -> bytes:
    return jsonl(
        {
            "prompt": row["prompt"],
            "chosen": row["response"],
            "rejected": row["negative"],
            "error_type": row["error"]["type"],
        }
        for row in _rows(start)
    )


def _example(name: str) -> bytes:
    return (ROOT / "examples" / name).read_bytes()


_UNCHANGED = {
    "prompt": "How many legs has a bee?",
    "response": "It has six.",
    "negative": "It has six.",
}
_GIVEN: Mapping[str, bytes] = {
    "Makefile": _RULE.encode(),
    "prompts.jsonl": _example("prompts.jsonl"),
    "answers.jsonl": _example("answers.jsonl"),
    "good.jsonl": _example("answers.jsonl"),
    "rows.jsonl": _example("answers.jsonl"),
    "negatives.jsonl": jsonl(_rows(100, 120)),  # a judge that guesses leaves enough
    "kept.jsonl": jsonl(_rows(10)),
    "pairs.jsonl": _pairs(10),
    "held_out.jsonl": _pairs(50),
    "more.jsonl.gz": gzip.compress(jsonl(_rows(90))),
    "eval.jsonl": _pairs(70),
    "errors.jsonl": jsonl([material.failure(0)]),
    "dropped.jsonl": jsonl(material.checked([_UNCHANGED])[1]),
    "audit.json": json.dumps(material.audit_document()).encode(),
    "filter.json": json.dumps(Tally().summary()).encode(),
    "out/train_metrics.jsonl": jsonl(material.metrics()),
    "results.jsonl": jsonl(material.results()),
}
