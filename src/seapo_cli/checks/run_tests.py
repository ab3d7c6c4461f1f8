"""Code with tests: does the response pass them, and the negative fail?"""

from __future__ import annotations

import asyncio
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pydantic import Field

from seapo_cli.checks.base import SlowCheck, Verdict, failed, passed, skipped
from seapo_cli.checks.given_tests import code_of, given_tests
from seapo_cli.checks.pair import CheckedPair
from seapo_cli.isolation.judge import Finding, Judges, Task
from seapo_cli.isolation.languages import interpreters
from seapo_cli.isolation.languages.base import Language
from seapo_cli.isolation.means import Means, find_means
from seapo_cli.isolation.sandbox import Limits

if TYPE_CHECKING:
    from seapo_cli.engine.gateway import Gateway


class RunTests(SlowCheck):
    """Runs the row's tests against both answers, isolated; see docs/filter.md and SECURITY.md.

    One that does not terminate fails. A negative whose process is killed twice proves nothing:
    the pair is skipped.
    """

    name = "tests"
    about = "The response passes the row's tests, the negative fails them."
    alone = True

    timeout: int = Field(default=10, ge=1)
    """Seconds of CPU time for one answer."""
    memory: int = Field(default=512, ge=64)
    """MiB for one answer."""
    unsafe: bool = False
    """Run even if no isolation works (--set tests.unsafe=true)."""

    @cached_property
    def _means(self) -> Means:
        return find_means(interpreters(), unsafe=self.unsafe)

    @cached_property
    def _judges(self) -> Judges:
        return Judges(self._means, Limits(self.timeout, self.memory))

    @property
    def warning(self) -> str:
        """Which isolation is in force.

        Raises:
            NoIsolationError: none works here.
        """
        return f"--check tests runs the code in the rows, {self._means.describe()}"

    async def verdict(self, pair: CheckedPair, gateway: Gateway | None) -> Verdict:  # noqa: ARG002
        try:
            tests = given_tests(pair.row.data, pair.response)
        except ValueError as error:
            return skipped(str(error))
        if tests is None:
            return skipped("the row has no tests")
        if pair.alone:
            return _of_response(await self._find(pair.response, *tests))
        response, negative = await asyncio.gather(
            self._find(pair.response, *tests), self._find(pair.negative, *tests)
        )
        value: dict[str, Any] = {"response": _told(response), "negative": _told(negative)}
        if weak := response.weak or negative.weak:
            value["weak"] = weak
        if not response.passed:
            return failed(f"the response fails its tests: {response.reason}", value)
        if negative.passed:
            return failed("the negative passes the tests", value)
        if negative.died:
            return Verdict("skip", value, f"the negative proves nothing: {negative.reason}, twice")
        return passed(value)

    async def _find(self, answer: str, language: Language, task: Task) -> Finding:
        return await self._judges.find(language, code_of(answer, language), task)


def _of_response(finding: Finding) -> Verdict:
    weak = {"weak": finding.weak} if finding.weak else {}
    value = {"response": _told(finding), **weak}
    if finding.passed:
        return passed(value)
    return failed(f"the response fails its tests: {finding.reason}", value)


def _told(finding: Finding) -> str:
    return "passes" if finding.passed else str(finding.reason)
