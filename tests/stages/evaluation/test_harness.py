"""Against lm-evaluation-harness: the same figures, and its tasks and rules as part of a run."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path
from typing import Any

import pytest

from seapo_cli.engine.files import Files

pytest.importorskip("lm_eval")
pytest.importorskip("torch")

from seapo_cli.completions import Completion
from seapo_cli.exceptions import SeapoError
from seapo_cli.options import EngineSettings
from seapo_cli.stages.evaluation.answers import Answers, AnswerSettings
from seapo_cli.stages.evaluation.harness import HarnessSettings
from seapo_cli.stages.evaluation.models import Model
from seapo_cli.stages.evaluation.run import Evaluation
from seapo_cli.stages.evaluation.tasks import DataFiles, find_tasks
from tiny_model import save_tiny

pytestmark = pytest.mark.peers

TASK = r"""
task: local_choice
dataset_path: json
dataset_kwargs:
  data_files:
    test: {file}
test_split: test
output_type: multiple_choice
doc_to_text: "{{{{query}}}}\nAnswer:"
doc_to_target: gold
doc_to_choice: choices
metric_list:
  - metric: acc
  - metric: acc_norm
"""
WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "42", "don't", "é")


def rows(count: int = 60) -> list[dict[str, Any]]:
    rng = random.Random(2)

    def words(most: int) -> str:
        return " ".join(rng.choices(WORDS, k=rng.randint(1, most)))

    found = []
    for _ in range(count):
        choices = [words(5) for _ in range(rng.randint(2, 5))]
        # Choices of which one begins with another share tokens up to its end.
        choices[-1] = f"{choices[0]} {words(2)}"
        gold = rng.randrange(len(choices))
        found.append({"query": f"Question: {words(20)}?", "choices": choices, "gold": gold})
    return found


def run(folder: Path, names: list[str], data: list[str]) -> list[dict[str, Any]]:
    model = Model("tiny", str(folder / "model"))
    tasks = find_tasks(names, DataFiles.of(data), AnswerSettings())
    engine = EngineSettings(store=folder / "store.sqlite")
    harness = HarnessSettings((folder / "tasks",))
    places = Files(output=str(folder / "results.jsonl"))
    Evaluation([model], tasks, engine, places, harness=harness).run()
    return [json.loads(line) for line in (folder / "results.jsonl").read_bytes().splitlines()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_tiny(tmp_path / "model")
    file = tmp_path / "choice.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows()))
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "local_choice.yaml").write_text(TASK.format(file=file))
    return tmp_path


def test_item_by_item_as_the_harness_counts(folder: Path) -> None:
    data = [f"arc_challenge={folder / 'choice.jsonl'}"]
    found = run(folder, ["arc_challenge", "lm-eval:local_choice"], data)
    ours, theirs = found[:60], found[60:]
    assert [row["task"] for row in theirs] == ["lm-eval:local_choice"] * 60
    for key in ("right", "right_by_length"):
        assert [row[key] for row in ours] == [row[key] for row in theirs]
    assert 0 < sum(row["right"] for row in ours) < 60


def test_log_likelihoods_to_rounding(folder: Path) -> None:
    from lm_eval import simple_evaluate
    from lm_eval.tasks import TaskManager

    ours = run(folder, ["arc_challenge"], [f"arc_challenge={folder / 'choice.jsonl'}"])
    theirs = simple_evaluate(
        model="hf",
        model_args={"pretrained": str(folder / "model"), "dtype": "float32"},
        tasks=["local_choice"],
        batch_size=8,
        device="cpu",
        bootstrap_iters=0,
        task_manager=TaskManager(include_path=str(folder / "tasks"), include_defaults=False),
    )
    samples = sorted(theirs["samples"]["local_choice"], key=lambda one: one["doc_id"])
    for row, sample in zip(ours, samples, strict=True):
        sums = [choice["sum"] for choice in row["choices"]]
        wanted = [float(answer[0]) for answer in sample["filtered_resps"]]
        assert sums == pytest.approx(wanted, abs=2e-3)
    accuracy = sum(row["right"] for row in ours) / len(ours)
    assert accuracy == pytest.approx(theirs["results"]["local_choice"]["acc,none"])


def test_a_task_that_there_is_not(folder: Path) -> None:
    with pytest.raises(SeapoError, match="gave no results"):
        run(folder, ["lm-eval:no_such_task"], [])


def test_ifeval_by_its_rules() -> None:
    row = {
        "key": 1,
        "prompt": "Write in lower case, without commas, at least five words.",
        "instruction_id_list": ["punctuation:no_comma", "length_constraints:number_words"],
        "kwargs": [{}, {"relation": "at least", "num_words": 5}],
    }
    item = Answers(AnswerSettings()).ifeval(row, 1)
    assert item.check is not None

    async def right(text: str) -> Any:
        assert item.check is not None
        found = await item.check(Completion(text=text))
        return found["right"], list(found["instructions"].values())

    assert asyncio.run(right("here are five plain words")) == (1, [True, True])
    assert asyncio.run(right("here, five plain words are")) == (0, [False, True])
