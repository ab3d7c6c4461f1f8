"""Whole runs, with a program in place of the model that scores and the mock server's answers."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from running import Seapo, jsonl
from seapo_cli.checks import scorer
from seapo_cli.completions import Completion, LogProb, Request, Usage
from seapo_cli.engine.files import Files
from seapo_cli.exceptions import NothingDone, RowError, SeapoError, UsageError
from seapo_cli.messages import Message
from seapo_cli.options import EngineSettings
from seapo_cli.stages.evaluation.answers import AnswerSettings
from seapo_cli.stages.evaluation.items import Question
from seapo_cli.stages.evaluation.models import NO_LOGPROBS, NO_PLAIN_TEXT, Model
from seapo_cli.stages.evaluation.run import Evaluation
from seapo_cli.stages.evaluation.scoring import ServedScorer
from seapo_cli.stages.evaluation.tasks import DataFiles, find_tasks
from servers import Behaviour

TESTS = Path(__file__).parents[2]


class Runs:
    """Runs evaluations in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.results = folder / "results.jsonl"

    def pairs(self, count: int, name: str = "pairs.jsonl", **keys: Any) -> str:
        """Pairs whose chosen side has the shorter words."""
        rows = [
            {"prompt": f"q{n}", "chosen": "a fine one", "rejected": f"{n:05} unlikely", **keys}
            for n in range(count)
        ]
        (self.folder / name).write_bytes(jsonl(rows))
        return str(self.folder / name)

    def model(self, name: str) -> Model:
        (self.folder / name).mkdir(exist_ok=True)
        (self.folder / name / "config.json").write_text(name)
        return Model(name, str(self.folder / name))

    def asked(self) -> int:
        """How many questions have reached the model."""
        log = self.folder / "asked"
        return len(log.read_text().splitlines()) if log.exists() else 0

    def run(self, models: list[Model], names: list[str], **options: Any) -> list[dict[str, Any]]:
        tasks = find_tasks(names, DataFiles(), AnswerSettings())
        places = Files(
            output=str(self.results),
            errors=self.folder / "errors",
            summary=self.folder / "summary",
        )
        engine = EngineSettings(store=self.folder / "store.sqlite")
        Evaluation(models, tasks, engine, places, **options).run()
        return [json.loads(line) for line in self.results.read_bytes().splitlines()]

    def summary(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "summary").read_bytes())
        return found


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    monkeypatch.setitem(scorer.PROGRAMS, "log-likelihood", "fake_likelihood")
    monkeypatch.setattr(scorer, "_NEEDED", ())
    monkeypatch.setenv("PYTHONPATH", str(TESTS))
    monkeypatch.setenv("ASKED", str(tmp_path / "asked"))
    return Runs(tmp_path)


def test_two_models_on_pairs(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    models = [runs.model("base"), runs.model("sharp")]
    rows = runs.run(models, [runs.pairs(40)], compared=True)
    assert [row["model"] for row in rows] == ["base"] * 40 + ["sharp"] * 40
    first = rows[0]
    assert (first["line"], first["right"], first["right_by_sum"]) == (1, 1, 1)
    assert first["chosen"] == {"sum": -8, "tokens": 3}
    assert first["margin"] == pytest.approx(13 / 2 - 8 / 3, abs=1e-6)
    summary = runs.summary()
    assert (summary["rows_in"], summary["rows_out"], summary["rows_failed"]) == (80, 80, 0)
    assert summary["response_only"]["pairs.jsonl"][0]["accuracy"]["value"] == 1
    outcomes = {one["outcome"]: one for one in summary["comparisons"]}
    assert outcomes["scaled_margin"]["difference"] == 0  # twice as sharp, no better
    assert outcomes["right"]["smallest_detectable"] > 0
    told = capsys.readouterr().err
    assert "without the question" in told
    assert "sharp minus base: pairs.jsonl" in told


def test_the_same_command_again_asks_nothing(runs: Runs) -> None:
    file, model = runs.pairs(20), runs.model("base")
    runs.run([model], [file])
    before, asked = runs.results.read_bytes(), runs.asked()
    runs.run([model], [file])
    assert runs.results.read_bytes() == before
    assert runs.asked() == asked == 20
    assert runs.summary()["from_store"] == 20


def test_a_run_that_broke_off_goes_on_from_there(runs: Runs) -> None:
    good, bad = runs.pairs(32, "good.jsonl"), runs.pairs(1, "bad.jsonl", system="quit")
    model = runs.model("base")
    with pytest.raises(SeapoError, match="ended"):
        runs.run([model], [good, bad])
    assert not runs.results.exists()
    assert runs.asked() == 32
    rows = runs.run([model], [good, runs.pairs(1, "bad.jsonl", system="well")])
    assert (len(rows), runs.asked()) == (33, 33)


def test_another_checkpoint_of_the_same_name_is_another_model(runs: Runs) -> None:
    file, model = runs.pairs(8), runs.model("base")
    runs.run([model], [file])
    assert model.local is not None
    (Path(model.local) / "model.safetensors").write_bytes(b"trained")
    runs.run([model], [file])
    assert runs.asked() == 16
    (Path(model.local) / "metrics.jsonl").write_text("what training writes beside it")
    runs.run([model], [file])
    assert runs.asked() == 16
    assert scorer.identity("owner/name") == "hub:owner/name"


def test_bad_items_cost_only_themselves(runs: Runs) -> None:
    file = runs.pairs(4)
    long = {"prompt": "endless", "chosen": "good", "rejected": "bad"}
    with Path(file).open("ab") as stream:
        stream.write(b"nonsense\n" + jsonl([long, {"prompt": "p", "chosen": "c", "rejected": "r"}]))
    rows = runs.run([runs.model("base")], [file])
    assert [row["line"] for row in rows] == [1, 2, 3, 4, 7]
    failed = [json.loads(line) for line in (runs.folder / "errors").read_bytes().splitlines()]
    assert [(one["file"], one["line"]) for one in failed] == [(file, 5), (file, 6)]
    assert failed[1]["reason"] == "base: too long"
    assert runs.summary()["rows_failed"] == 2


def test_nothing_to_evaluate_is_an_error(runs: Runs) -> None:
    empty = runs.folder / "empty.jsonl"
    empty.write_bytes(b"")
    with pytest.raises(NothingDone, match="nothing was evaluated"):
        runs.run([runs.model("base")], [str(empty)])


def test_outputs_are_no_inputs(runs: Runs) -> None:
    runs.results = Path(runs.pairs(3))
    with pytest.raises(UsageError, match="same file"):
        runs.run([runs.model("base")], [str(runs.results)])


GSM8K = [
    {"id": f"g{n}", "question": f"What is {n} and 1?", "answer": f"#### {43 if n % 2 else 44}"}
    for n in range(6)
]


def test_a_server_gets_the_tasks_that_it_can_do(seapo: Seapo) -> None:
    """The mock repeats the example's answer, raised by one: 43."""
    seapo.server.set(Behaviour(echo=r"#### \d+"))
    data = seapo.file("gsm8k.jsonl", GSM8K)
    pairs = seapo.file("p.jsonl", [{"prompt": "p", "chosen": "c", "rejected": "r"}])
    arc = seapo.file("arc.jsonl", [{"query": "q", "choices": ["a", "b"], "gold": 0}])
    options = ["--data", f"gsm8k={data}", "--data", f"arc_challenge={arc}", "-o", "r.jsonl"]
    options += ["--summary", "summary.json"]
    result = seapo.run("eval", "gsm8k", "arc_challenge", pairs, *options)
    assert result.code == 0, result.stderr
    assert f"cannot run arc_challenge: {NO_PLAIN_TEXT}" in result.stderr
    assert f"cannot run p.jsonl: {NO_LOGPROBS}" in result.stderr
    rows = [json.loads(line) for line in (seapo.folder / "r.jsonl").read_bytes().splitlines()]
    assert [row["right"] for row in rows] == [0, 1, 0, 1, 0, 1]
    assert rows[0]["answer"] == "#### 43"
    summary = seapo.summary()
    assert summary["tasks"][0]["parts"][0]["right"]["value"] == 0.5
    assert set(summary["not_run"]["mock"]) == {"arc_challenge", "p.jsonl"}
    first = (seapo.folder / "r.jsonl").read_bytes()
    again = seapo.run("eval", "gsm8k", *options)
    assert again.code == 0
    assert (seapo.folder / "r.jsonl").read_bytes() == first
    assert seapo.summary()["requests_sent"] == 0


def test_usage_errors_are_one_line(seapo: Seapo) -> None:
    arc = seapo.file("arc.jsonl", [{"query": "q", "choices": ["a", "b"], "gold": 0}])
    for options, told in (
        (["arc_challenge", "--data", f"arc_challenge={arc}"], "cannot run arc_challenge"),
        (["nonsense"], "no task 'nonsense'"),
        (["gsm8k"], "gsm8k needs a data file"),
        (["gsm8k", "-m", "one", "-m", "one"], "the same model twice"),
    ):
        result = seapo.run("eval", *options)
        assert (result.code, result.stdout) == (2, b"")
        assert told in result.stderr.splitlines()[-1]


def test_bad_rows_of_a_benchmark_exit_with_3(seapo: Seapo) -> None:
    data = seapo.file("gsm8k.jsonl", [*GSM8K[:1], {"question": "no answer"}])
    result = seapo.run("eval", "gsm8k", "--data", f"gsm8k={data}")
    assert result.code == 3
    assert len(result.rows) == 1
    assert f"{data}:2: mock: key 'answer' must be a text" in result.stderr


def test_a_comparison_needs_two_models(seapo: Seapo) -> None:
    data = seapo.file("gsm8k.jsonl", GSM8K)
    result = seapo.run("eval", "gsm8k", "--data", f"gsm8k={data}", "--compare")
    assert result.code == 2
    assert "name at least two models" in result.stderr


def test_answers_that_were_cut_are_told(seapo: Seapo) -> None:
    seapo.server.set(Behaviour(thinks=0))
    data = seapo.file("gsm8k.jsonl", GSM8K)
    options = ["--data", f"gsm8k={data}", "--max-tokens", "2", "-o", "r.jsonl"]
    result = seapo.run("eval", "gsm8k", *options)
    assert result.code == 0, result.stderr
    assert "gsm8k: 6 answers of mock were cut by the token limit (--max-tokens)" in result.stderr


def test_a_reader_that_stops_early_is_no_failure(seapo: Seapo) -> None:
    data = seapo.file("gsm8k.jsonl", [GSM8K[0] | {"id": str(n)} for n in range(3000)])
    process = seapo.start("eval", "gsm8k", "--data", f"gsm8k={data}")
    assert process.stdout is not None
    assert process.stdout.readline()
    process.stdout.close()
    assert process.stderr is not None
    told = process.stderr.read().decode()
    assert process.wait(60) == 0, told
    assert "Traceback" not in told


class Served:
    """A gateway of a server that gives log-probabilities: for a prompt of 3 tokens."""

    concurrency = 2

    async def complete(self, request: Request, _turn: int) -> Completion:
        usage = Usage(prompt_tokens=3)
        if not request.scored:
            return Completion(text="", usage=usage)
        count = len(request.messages[-1].content.split())
        return Completion(text="", usage=usage, prompt_logprobs=(-9.0, -9.0, *[-1.5] * count))


def test_a_server_scores_pairs() -> None:
    gateway: Any = Served()
    turn = (Message(role="user", content="q"),)
    questions = [Question(("one two", "three"), turn), Question(("good", " "), turn)]
    found = asyncio.run(ServedScorer(gateway).score(questions, 0))
    assert found[0] == [LogProb(sum=-3.0, tokens=2), LogProb(sum=-1.5, tokens=1)]
    assert isinstance(found[1], RowError)
