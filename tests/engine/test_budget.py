"""What a run may spend: it ends cleanly, loses no answer, and goes on without paying twice."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from running import jsonl, prompts
from seapo_cli.completions import Completion, Request, Sampling, Usage
from seapo_cli.engine.budget import Budget, estimated_prompt_tokens
from seapo_cli.engine.files import Files
from seapo_cli.engine.run import run_stage
from seapo_cli.engine.session import ModelUse
from seapo_cli.engine.tally import Tally
from seapo_cli.exceptions import BudgetSpent, UsageError
from seapo_cli.messages import Message
from seapo_cli.options import BackendSettings, EngineSettings, SampleSettings
from seapo_cli.rows import Keys
from seapo_cli.stages.sample import Sample
from servers import Behaviour, Server

PRICES = {"price_in": 10.0, "price_out": 100.0}
ROWS = 40


def run(
    folder: Path, server: Server, concurrency: int = 4, store: bool = True, **budget: float
) -> Tally:
    (folder / "in.jsonl").write_bytes(jsonl(prompts(ROWS)))
    backend = BackendSettings(base_url=server.url, model="mock")
    kept = folder / "store.sqlite" if store else None
    engine = EngineSettings(store=kept, concurrency=concurrency, **budget)  # type: ignore[arg-type]
    places = Files(
        str(folder / "in.jsonl"), str(folder / "out.jsonl"), summary=folder / "summary.json"
    )
    stage = Sample(SampleSettings(max_tokens=64))
    return run_stage(stage, places, Keys(), ModelUse(backend, engine))


@pytest.mark.parametrize("concurrency", [1, 16])
@pytest.mark.parametrize("budget", [{"max_tokens_total": 300}, {"max_cost": 0.02, **PRICES}])
def test_a_spent_budget_ends_the_run_and_the_same_command_goes_on(
    tmp_path: Path, server: Server, concurrency: int, budget: dict[str, float]
) -> None:
    server.set(Behaviour(latency=0.005, jitter=0.01))
    with pytest.raises(BudgetSpent, match=r"stopped at --max-.*goes on") as caught:
        run(tmp_path, server, concurrency, **budget)
    assert caught.value.exit_code == 5
    assert not (tmp_path / "out.jsonl").exists()
    told = json.loads((tmp_path / "summary.json").read_bytes())
    paid = server.log()
    assert 0 < told["requests_sent"] < ROWS
    assert told["requests_sent"] == len(paid.entries) == len(paid.answered()), "none was cut off"
    used = told["prompt_tokens"] + told["completion_tokens"]
    answer = used / told["requests_sent"] * 2
    if "max_cost" in budget:
        assert budget["max_cost"] <= told["cost"] < budget["max_cost"] * 1.2
    else:
        assert 300 <= used < 300 + answer
    tally = run(tmp_path, server, concurrency)
    assert (tally.rows_out, tally.from_store) == (ROWS, told["requests_sent"])
    assert set(server.log().attempts().values()) == {1}


def test_what_is_stored_costs_nothing(tmp_path: Path, server: Server) -> None:
    run(tmp_path, server)
    tally = run(tmp_path, server, max_tokens_total=1)
    assert (tally.rows_out, tally.requests_sent) == (ROWS, 0)


def test_without_a_store_it_says_what_that_means(tmp_path: Path, server: Server) -> None:
    with pytest.raises(BudgetSpent, match="without a store, the same command asks all again"):
        run(tmp_path, server, store=False, max_tokens_total=50)


def test_a_cost_needs_prices() -> None:
    with pytest.raises(UsageError, match="--max-cost needs prices"):
        EngineSettings(max_cost=1.0)


def test_requests_wait_for_what_open_ones_may_use() -> None:
    request = Request((Message(role="user", content="x" * 40),), Sampling(max_tokens=90))

    async def work() -> int:
        tally = Tally()
        budget = Budget(EngineSettings(store=None, max_tokens_total=1000), tally)
        open_now = most = 0

        async def send() -> Completion:
            nonlocal open_now, most
            open_now += 1
            most = max(most, open_now)
            await asyncio.sleep(0.001)
            open_now -= 1
            usage = Usage(prompt_tokens=10, completion_tokens=90)
            tally.usage += usage
            return Completion(text="", usage=usage)

        asked = [budget.spend(request, send) for _ in range(30)]
        found = await asyncio.gather(*asked, return_exceptions=True)
        assert [isinstance(one, Completion) for one in found].count(True) == 10
        assert all(isinstance(one, Completion | BudgetSpent) for one in found)
        assert tally.usage.prompt_tokens + tally.usage.completion_tokens == 1000
        return most

    assert asyncio.run(work()) == 9, "ten would reach the budget"


def test_the_estimate_of_a_prompt_is_a_quarter_of_its_bytes() -> None:
    request = Request((Message(role="user", content="äb"), Message(role="user", content="cde")))
    assert estimated_prompt_tokens(request) == 2
