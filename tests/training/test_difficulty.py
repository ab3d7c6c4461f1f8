"""How hard pairs are before training: figures, what is left out, the order, and who is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import torch

import tiny_model
from seapo_cli.exceptions import SeapoError, UsageError
from seapo_cli.options import TrainSettings
from seapo_cli.training import train as program
from seapo_cli.training.batches import Batches
from seapo_cli.training.difficulty import PairScore, displaced, easy_first, means, within
from seapo_cli.training.scorer import Scorer
from tiny_model import arithmetic_pairs, train_settings, write_rows

ROWS: list[dict[str, Any]] = [
    {"prompt": "Who?", "chosen": "It is 12 of 30.", "rejected": "It is 99 of 30."},
    {"prompt": "Who?", "chosen": "It is 12 of 30.", "rejected": "It is 12 of 31, so 7."},
    {"prompt": "What is it?", "chosen": "7", "rejected": "Paris is 42."},
]


def score(margin: float) -> PairScore:
    return PairScore(margin, 1.0, 0.5, 0.9)


def ches_by_hand(model: Any, prompt: list[int], *answers: list[int]) -> tuple[float, float]:
    """Of hidden states of whole sequences."""
    sums = []
    for answer in answers:
        ids = torch.tensor([[*prompt, *answer]])
        hidden = model.model(input_ids=ids).last_hidden_state[0]
        sums.append(hidden[len(prompt) - 1 : -1].double().sum(0))
    first, second = sums
    mean_first, mean_second = (one / len(a) for one, a in zip(sums, answers, strict=True))
    score = first @ second - first @ first
    return float(score), float(mean_first @ mean_second - mean_first @ mean_first)


@pytest.mark.parametrize("path", ["segments", "plain"])
def test_ches_is_that_of_whole_sequences(path: Any) -> None:
    data, model = tiny_model.tokenized(ROWS), tiny_model.tiny_model()
    with torch.no_grad():
        found = Scorer(model, path=path)(range(3), data.examples, False, True)
        without = Scorer(model, path=path)(range(3), data.examples, False)
        # transformers' own attention again, for the plain computation
        Scorer(model, path="plain")
        expected = [ches_by_hand(model, e.prompt.tolist(), *e.answer) for e in data.examples]
    assert torch.equal(found[:, :3], without)
    assert found[:, 3:] == pytest.approx(torch.tensor(expected), rel=1e-4, abs=1e-3)


def scored(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def run(folder: Path, rows: list[dict[str, Any]], **values: Any) -> TrainSettings:
    file = write_rows(folder / "pairs.jsonl", rows)
    settings = train_settings(folder, [file], **values)
    assert program.train(settings) == 0
    return settings


def metrics(settings: TrainSettings) -> list[dict[str, Any]]:
    return scored(settings.output_dir / "train_metrics.jsonl")


@pytest.mark.parametrize("loss", ["sigmoid", "simpo"])
def test_scores_of_every_pair(tmp_path: Path, loss: str) -> None:
    rows = arithmetic_pairs(6)
    rows[2]["rejected"] = [rows[2]["rejected"], "so"]
    run(tmp_path, rows, pair_scores=tmp_path / "scores.jsonl", max_steps=1, loss=loss)
    found = scored(tmp_path / "scores.jsonl")
    assert [row["line"] for row in found] == [1, 2, 3, 3, 4, 5, 6]
    assert found[3]["rejected"] == "so"
    assert found[0]["similarity"] > 0.9 > found[3]["similarity"]
    assert all(row["reference_margin"] and row["ches"] for row in found)


def test_metrics_have_the_means_of_a_step(tmp_path: Path) -> None:
    told = metrics(run(tmp_path, arithmetic_pairs(4), pair_scores=tmp_path / "scores.jsonl"))
    margins = [row["reference_margin"] for row in scored(tmp_path / "scores.jsonl")]
    assert told[0]["pairs/reference_margin"] == pytest.approx(sum(margins) / 4)


def test_pairs_outside_the_window_are_left_out(tmp_path: Path, capfd: Any) -> None:
    rows = arithmetic_pairs(8)
    run(tmp_path, rows, pair_scores=tmp_path / "scores.jsonl", max_steps=1)
    margins = sorted(row["reference_margin"] for row in scored(tmp_path / "scores.jsonl"))
    window = (margins[2], margins[5])
    more = {"output_dir": tmp_path / "window", "margin_window": window, "batch_size": 2}
    told = metrics(run(tmp_path, rows, **more))
    assert told[-1]["step"] == 2
    assert "4 of 8 pairs left out" in capfd.readouterr().err
    more |= {"output_dir": tmp_path / "none", "margin_window": (1e6, 1e7)}
    with pytest.raises(SeapoError, match=r"leaves no pair: reference margins range from .* to "):
        run(tmp_path, rows, **more)


def test_a_window_takes_pairs_out_of_groups() -> None:
    scores = [score(1.0), score(9.0), score(8.0), None]
    assert within([[0, 1], [2], [3]], scores, (0.0, 5.0)) == [[0], [3]]


def test_a_window_that_is_empty_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="LOW must be below HIGH"):
        train_settings(tmp_path, [tmp_path / "x"], margin_window=(2.0, 1.0))


def test_easy_pairs_come_first_in_every_epoch(tmp_path: Path) -> None:
    values = {"order": "easy-first", "batch_size": 2, "epochs": 2.0}
    told = metrics(run(tmp_path, arithmetic_pairs(8), **values))
    margins = [row["pairs/reference_margin"] for row in told]
    assert margins[:4] == sorted(margins[:4], reverse=True)
    assert margins[4:] == margins[:4]


def test_groups_are_as_easy_as_their_mean_and_single_answers_come_last() -> None:
    scores = [None, score(3.0), score(-3.0), score(1.0)]
    units = easy_first([[0], [1, 2], [3]], scores)
    assert units == [[3], [1, 2], [0]]
    assert Batches(units, 2, None).rows(0) == [3, 1, 2]
    assert means([0], scores) == {}
    assert means([1, 3], scores)["pairs/reference_margin"] == 2.0


def test_displaced_pairs_are_named_and_written(tmp_path: Path) -> None:
    pairs = tiny_model.read(ROWS)
    told = displaced({2: 7.0, 0: 1.5}, pairs, [score(1.0)] * 3, tmp_path / "displaced.jsonl")
    assert told.startswith("chosen fell most in pairs.jsonl:3 (by 7.0, CHES 1), pairs.jsonl:1")
    first, second = scored(tmp_path / "displaced.jsonl")
    assert (first["line"], first["fall"], first["chosen"]) == (3, 7.0, "7")
    assert second["fall"] == 1.5


def test_a_run_that_displaces_says_whom(tmp_path: Path, capfd: Any) -> None:
    values = {"learning_rate": 3e-2, "epochs": 12.0, "schedule": "constant", "beta": 0.5}
    settings = run(tmp_path, arithmetic_pairs(8), **values)
    stderr = capfd.readouterr().err
    assert "chosen answers are getting less likely" in stderr
    assert f"such pairs: {settings.output_dir / 'displaced.jsonl'}" in stderr
    falls = [row["fall"] for row in scored(settings.output_dir / "displaced.jsonl")]
    assert falls == sorted(falls, reverse=True)
    assert falls[-1] > 1.0
