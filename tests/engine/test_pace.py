"""So many requests or tokens a minute, by the user's word or by the server's."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from running import Seapo, prompts
from seapo_cli.backends.allowance import Allowance, Limit, read_allowance
from seapo_cli.completions import Request, Sampling, Usage
from seapo_cli.engine.pace import Pace
from seapo_cli.messages import Message
from servers import Behaviour


def moments(pace: Pace, count: int, usage: Usage) -> list[float]:
    """When each of some requests goes out, in seconds from the first one."""
    request = Request((Message(role="user", content="x" * 40),), Sampling(max_tokens=90))

    async def work() -> list[float]:
        loop = asyncio.get_running_loop()

        async def send() -> float:
            expected = await pace.wait(request)
            at = loop.time()
            pace.used(expected, usage)
            return at

        return await asyncio.gather(*(send() for _ in range(count)))

    found = asyncio.run(work())
    return [at - found[0] for at in found]


def test_requests_go_out_evenly() -> None:
    found = moments(Pace(rpm=1200, tpm=None), 6, Usage())  # 50 ms each
    assert all(at >= number * 0.05 - 0.005 for number, at in enumerate(found))


def test_tokens_go_out_evenly() -> None:
    usage = Usage(prompt_tokens=10, completion_tokens=90)
    found = moments(Pace(rpm=None, tpm=120_000), 6, usage)  # 100 tokens: 50 ms
    assert all(at >= number * 0.05 - 0.005 for number, at in enumerate(found))


def test_what_was_used_in_fact_counts() -> None:
    async def work(used: int) -> float:
        pace, loop = Pace(None, 6000), asyncio.get_running_loop()  # 10 ms a token
        request = Request((Message(role="user", content="x" * 40),), Sampling(max_tokens=0))
        expected = await pace.wait(request)
        begun = loop.time()
        pace.used(expected, Usage(prompt_tokens=used))
        await pace.wait(request)
        return loop.time() - begun

    assert asyncio.run(work(used=30)) >= 0.29
    assert asyncio.run(work(used=1)) < 0.09


def test_rpm_slows_a_run_down(seapo: Seapo) -> None:
    result = seapo.run("sample", "--rpm", "600", stdin=prompts(5))
    assert result.code == 0
    arrived = sorted(entry.arrived for entry in seapo.server.log().entries)
    assert len(arrived) == 5
    assert arrived[-1] - arrived[0] >= 0.35


def test_a_servers_own_limits_are_heeded_before_it_refuses(seapo: Seapo) -> None:
    seapo.server.set(Behaviour(latency=0.01, window=1.5, most_in_window=6))
    result = seapo.run("sample", "-c", "4", stdin=prompts(20))
    assert (result.code, len(result.rows)) == (0, 20)
    entries = seapo.server.log().entries
    assert [entry.status for entry in entries] == [200] * 20, "none was refused"
    gaps = [later.arrived - entry.arrived for entry, later in pairwise(entries)]
    assert sum(gap > 0.5 for gap in gaps) <= 6, "it waits for windows, not for every request"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("6m0s", 360), ("20ms", 0.02), ("1.5", 1.5), ("1h2m3s", 3723), ("7.66s", 7.66), ("0", 0)],
)
def test_times_in_the_forms_that_servers_use(text: str, seconds: float) -> None:
    headers = {"x-ratelimit-remaining-tokens": "10", "x-ratelimit-reset-tokens": text}
    found = read_allowance(headers)
    assert found is not None
    assert found.tokens is not None
    assert found.tokens.reset == pytest.approx(seconds)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-ratelimit-remaining-requests": "5"},
        {"x-ratelimit-remaining-requests": "many", "x-ratelimit-reset-requests": "1s"},
        {"x-ratelimit-remaining-requests": "inf", "x-ratelimit-reset-requests": "1s"},
        {"x-ratelimit-remaining-requests": "5", "x-ratelimit-reset-requests": "soon"},
        {"x-ratelimit-remaining-requests": "5", "x-ratelimit-reset-requests": "nan"},
    ],
)
def test_headers_that_say_nothing(headers: dict[str, str]) -> None:
    assert read_allowance(headers) is None


def test_the_scarcer_of_requests_and_tokens_counts() -> None:
    told = Allowance(Limit(9, 1.0), Limit(1000, 2.0))
    assert told.left(500) == Limit(2, 2.0)
    assert told.left(10) == Limit(9, 1.0)
    assert told.left(0) == Limit(9, 1.0)
