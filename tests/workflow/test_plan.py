"""Files of stages: mistakes in them are one line each, and name the stage."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from flow import planned
from seapo_cli.exceptions import UsageError


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({}, "run.toml: stages: expected a table"),
        ({"stages": {"pair": []}}, "run.toml: [stages.pair] : expected a table"),
        ({"stages": {"a/b": {}}}, "names have letters"),
        ({"stages": {"pair": {}}}, "run.toml: [stages.pair] no input"),
        ({"stages": {"piar": {}}}, "did you mean 'pair'?"),
        ({"stages": {"show": {"input": "x"}}}, "no command in run.toml: [stages.show]"),
        ({"stages": {"pair": {"input": "x", "formt": "trl"}}}, "[stages.pair] 'formt' (did you"),
        ({"formt": "trl", "stages": {"pair": {"input": "x"}}}, "unknown key 'formt'"),
        (
            {"stages": {"pair": {"input": "x", "eval-output": "pair.jsonl"}}},
            "more than one stage or option writes out/pair.jsonl",
        ),
    ],
)
def test_mistakes(data: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=re.escape(told)) as found:
        planned(data)
    assert "\n" not in str(found.value)


def test_a_command_line_says_what_the_file_says() -> None:
    stage = planned(
        {
            "matrix": {"types": [["factual", "logical"]]},
            "model": "a b",
            "no-store": True,
            "stages": {
                "inject": {"input": "in.jsonl", "error-type": "{types}", "edits": 2},
                "train": {
                    "input": ["{inject}", "-x"],
                    "margin-window": [-1, 2.5],
                    "gradient-checkpointing": True,
                    "share-prefix": False,
                    "merge": False,
                },
            },
        }
    )
    assert stage[0].arguments[2:] == [
        *("inject", "--model=a b", "--no-store", "--error-type=factual", "--error-type=logical"),
        *("--edits=2", "--output=out/types=factual+logical/inject.jsonl", "--", "in.jsonl"),
    ]
    assert stage[1].arguments[2:] == [
        *("train", "--model=a b", "--margin-window", "-1", "2.5"),
        *("--gradient-checkpointing", "--no-share-prefix"),
        *("--output-dir=out/types=factual+logical/train", "--"),
        *("out/types=factual+logical/inject.jsonl", "-x"),
    ]


def test_places_in_values() -> None:
    stages = planned(
        {
            "matrix": {"n": [1, 2]},
            "stages": {
                "sample": {"input": "p", "n": "{n}", "system": "No {place} here", "errors": "bad"},
                "filter": {"input": "{sample}", "rejected": "{arm}/x"},
                "report": {"input": ["{sample*}", "{filter}"], "title": "{arm}"},
            },
        }
    )
    assert [stage.name for stage in stages][-1] == "report[n=2]"
    assert stages[0].options["n"] == 1
    assert stages[0].options["system"] == "No {place} here"
    assert stages[2].options["input"] == "out/n=1/sample.jsonl"
    assert stages[2].writes["rejected"] == "out/n=1/n=1/x"
    found = stages[-1].options["input"]
    assert found == ["out/n=1/sample.jsonl", "out/n=2/sample.jsonl", "out/n=2/filter.jsonl"]


def test_what_may_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEAPO_MODEL", "my model.gguf")
    for name in ("1.jsonl", "2.jsonl"):
        Path(name).touch()
    values = {
        "input": "?.jsonl",
        "error-type": ["factual", "a.md, b.md"],
        "mix": "c d.md=2,logical",
        "store": "store.sqlite",
        "extra-body": "template=e=f.txt",
    }
    reads = planned({"stages": {"inject": values}})[0].reads
    read = {"1.jsonl", "2.jsonl", "a.md", "b.md", "c d.md", "e=f.txt", "my model.gguf"}
    assert read <= reads
    assert "store.sqlite" not in reads  # it changes while a stage runs
    caches = {"input": "x", "reference-cache": "cache", "report-to": "wandb"}
    assert {"cache", "wandb"}.isdisjoint(planned({"stages": {"train": caches}})[0].reads)
