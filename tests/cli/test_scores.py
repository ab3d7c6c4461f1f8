"""From a reward model or rated aspects in `filter` to margins in `pair`, as commands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from running import Seapo
from servers import Behaviour, Fault

REWARD = ("--preset", "none", "--check", "reward")


def rows(*worths: tuple[float, float]) -> list[dict[str, Any]]:
    return [
        {
            "id": f"r{n}",
            "prompt": f"Question {n}?",
            "response": f"Answer {n}, worth {good}.",
            "negative": f"Answer {n}, worth {bad}.",
            "error": {"type": "factual"},
        }
        for n, (good, bad) in enumerate(worths)
    ]


@pytest.mark.parametrize("api", ["pooling", "score"])
def test_rewards_of_a_server(seapo: Seapo, api: str) -> None:
    data = rows((2.5, 1), (1, 2.5), (1, 1), (3, 2.9))
    options = (*REWARD, "--set", f"reward.api={api}", "--rejected", "dropped.jsonl")
    first = seapo.run("filter", *options, "--summary", "s.json", stdin=data)
    assert first.code == 0, first.stderr
    assert [row["id"] for row in first.rows] == ["r0", "r3"]
    value = {"model": "mock", "chosen": 2.5, "rejected": 1.0, "margin": 1.5}
    assert first.rows[0]["checks"]["reward"] == {"verdict": "pass", "value": value}
    dropped = [json.loads(line) for line in (seapo.folder / "dropped.jsonl").open()]
    assert [row["checks"]["reward"]["verdict"] for row in dropped] == ["fail", "fail"]
    log = seapo.server.log().entries
    assert {entry.body["path"] for entry in log} == {f"/{api}"}
    assert not any(entry.body["use_activation"] for entry in log)
    summary = seapo.summary("s.json")
    assert summary["reward"]["pairs"] == {"ahead": 2, "behind": 1, "equal": 1}
    assert summary["reward"]["quantiles"]["0.01"] == -1.5
    # The two sides of r2 are the same text, hence one request.
    assert (summary["requests_sent"], len(log)) == (7, 7)
    again = seapo.run("filter", *options, "--summary", "s.json", stdin=data)
    assert again.stdout == first.stdout
    assert len(seapo.server.log().entries) == 7
    stricter = seapo.run("filter", *options, "--set", "reward.margin=1", stdin=data)
    assert [row["id"] for row in stricter.rows] == ["r0"]


def test_faults_of_the_server_are_waited_out(seapo: Seapo) -> None:
    faults = (
        Fault("status", 429, retry_after=0.05, total=2),
        Fault("hollow", total=1),
        Fault("malformed", total=1),
        Fault("cut", total=1),
        Fault("status", 400, text=": too long", marker="Question 2?"),
    )
    seapo.server.set(Behaviour(faults=faults))
    data = rows(*[(2, 1)] * 4)
    found = seapo.run("filter", *REWARD, "--errors", "errors.jsonl", stdin=data)
    assert found.code == 3, found.stderr
    assert [row["id"] for row in found.rows] == ["r0", "r1", "r3"]
    (error,) = seapo.errors()
    assert (error["id"], "too long" in error["reason"]) == ("r2", True)


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (Behaviour(rewards="labels"), "2 numbers, a reward model has one label"),
        (Behaviour(rewards="tokens"), "numbers for each token"),
        (Behaviour(faults=(Fault("status", 404),)), "it gives no rewards: take vLLM"),
    ],
)
def test_a_server_without_rewards_ends_the_run_in_one_line(
    seapo: Seapo, behaviour: Behaviour, said: str
) -> None:
    seapo.server.set(behaviour)
    found = seapo.run("filter", *REWARD, stdin=rows((2, 1)))
    assert found.code == 1
    assert said in found.stderr.splitlines()[-1]


def test_backends_without_rewards_say_so(seapo: Seapo, tmp_path: Path) -> None:
    (seapo.folder / "x.gguf").write_bytes(b"GGUF")
    embedded = ("--backend", "embedded", "--model", str(seapo.folder / "x.gguf"))
    batch = ("--batch-out", str(tmp_path / "requests.jsonl"))
    for options in (embedded, batch):
        found = seapo.run("filter", *REWARD, *options, stdin=rows((2, 1)))
        assert found.code == 1
        assert "gives no rewards: take vLLM" in found.stderr


def test_a_dry_run_counts_the_requests(seapo: Seapo) -> None:
    for check, count in (("reward", 4), ("aspects", 16)):
        options = ("--preset", "none", "--check", check, "--dry-run")
        shown = seapo.run("filter", *options, stdin=rows((2, 1), (3, 1)))
        assert shown.code == 0, shown.stderr
        assert f"2 rows: {count} requests to send" in shown.stdout.decode()
    assert not seapo.server.log().entries


def test_aspects_go_through_gateway_and_store(seapo: Seapo) -> None:
    data = rows((2, 1), (3, 1))
    options = ("--preset", "none", "--check", "aspects", "--rejected", "dropped.jsonl")
    first = seapo.run("filter", *options, stdin=data)
    assert first.code == 0, first.stderr
    assert len(seapo.server.log().entries) == 16
    again = seapo.run("filter", *options, "--summary", "s.json", stdin=data)
    assert again.stdout == first.stdout
    assert seapo.summary("s.json")["from_store"] == 16
    kept = first.rows
    kept += [json.loads(line) for line in (seapo.folder / "dropped.jsonl").open()]
    for row in kept:
        value = row["checks"]["aspects"]["value"]
        for side in ("chosen", "rejected"):
            ratings = [one["rating"] for one in value["ratings"][side].values()]
            assert (len(ratings), sum(ratings) / 4) == (4, value[side])


def test_margins_reach_the_trainers_rows(seapo: Seapo) -> None:
    data = rows((2.5, 1), (3, 2.9), (4, 1))
    judged = seapo.run("filter", *REWARD, stdin=data).stdout
    # A second run with another check keeps what the first one found.
    again = seapo.run("filter", "--preset", "none", "--check", "length", stdin=judged)
    assert set(again.rows[0]["checks"]) == {"reward", "length"}
    scored = again.stdout

    def pairs(*options: str) -> list[dict[str, Any]]:
        found = seapo.bare("pair", "--scores", "reward", *options, stdin=scored)
        assert found.code == 0, found.stderr
        return found.rows

    for name in ("trl", "trl-chat", "openrlhf"):
        assert [row["margin"] for row in pairs("-f", name)] == [1.5, 0.1, 3.0]
    assert [row["margin"] for row in pairs("--strategy", "all", "--group")] == [[1.5], [0.1], [3.0]]
    both = [(row["score_chosen"], row["score_rejected"]) for row in pairs("-f", "ultrafeedback")]
    assert both == [(2.5, 1.0), (3.0, 2.9), (4.0, 1.0)]
    easy_first = pairs("--closeness", "margin", "--order", "easy-to-hard")
    assert [row["margin"] for row in easy_first] == [3.0, 1.5, 0.1]
    assert "margin" not in seapo.bare("pair", "-f", "trl", stdin=scored).rows[0]


def test_the_hardest_negative_by_margin(seapo: Seapo) -> None:
    near, far = rows((3, 2.5), (3, 1))
    far |= {name: near[name] for name in ("prompt", "response")}
    scored = seapo.run("filter", *REWARD, stdin=[far, near]).stdout
    options = ("--strategy", "hardest", "--scores", "reward", "--closeness", "margin", "-f", "trl")
    (pair,) = seapo.bare("pair", *options, stdin=scored).rows
    assert (pair["rejected"], pair["margin"]) == (near["negative"], 0.5)


def test_scores_that_are_missing_or_have_no_place(seapo: Seapo) -> None:
    found = seapo.bare("pair", "--scores", "aspects", stdin=rows((2, 1)))
    assert found.code == 1
    assert "`seapo filter --check aspects` adds it" in found.stderr
    for options, said in (
        (("--scores", "reward", "-f", "axolotl"), "axolotl has no column for them"),
        (("--closeness", "margin"), "needs --scores"),
        (("--scores", "reward", "--strategy", "vanilla", "--positive", "score"), "not with"),
    ):
        found = seapo.bare("pair", *options, stdin=rows((2, 1)))
        assert found.code == 2
        assert said in found.stderr


def test_rows_do_not_overwrite_the_rewards_of_a_local_model(seapo: Seapo) -> None:
    options = (*REWARD, "--set", "reward.scorer=x", "-o", str(seapo.folder / "store.sqlite"))
    found = seapo.run("filter", *options, stdin=rows((2, 1)))
    assert found.code == 2
    assert "--store" in found.stderr
