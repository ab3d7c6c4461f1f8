"""--check tests: answers are told apart by their tests (harm: tests/isolation)."""

from __future__ import annotations

import asyncio

import pytest

from check_pairs import pair
from seapo_cli.checks.base import Verdict
from seapo_cli.checks.given_tests import code_of
from seapo_cli.checks.pair import read_pair
from seapo_cli.checks.run_tests import RunTests
from seapo_cli.isolation import means
from seapo_cli.isolation.languages import find_language
from seapo_cli.rows import Keys, read_row

GOOD = "def double(n):\n    return 2 * n\n"
TEST = {"test": "def check(f):\n    assert f(3) == 6\n", "entry_point": "double"}
ASSERTS = {"test_list": ["assert double(3) == SIX"], "test_setup_code": "SIX = 6"}


def run(negative: str, response: str = GOOD, timeout: int = 2, **keys: object) -> Verdict:
    check = RunTests(timeout=timeout, memory=256)
    return asyncio.run(check.verdict(pair(response, negative, **(keys or TEST)), None))


@pytest.mark.parametrize("keys", [TEST, ASSERTS], ids=["test", "test_list"])
def test_the_negative_must_fail_and_the_response_pass(keys: dict[str, object]) -> None:
    wrong = GOOD.replace("2 *", "3 *")
    assert run(wrong, **keys).decision == "pass"
    assert run(GOOD.replace("n\n", "n  # same\n"), **keys).decision == "fail"
    assert run(GOOD, response=wrong, **keys).decision == "fail"


def test_a_response_without_a_negative_must_pass() -> None:
    check = RunTests(timeout=2, memory=256)
    for code, decision in ((GOOD, "pass"), (GOOD.replace("2 *", "3 *"), "fail")):
        row = read_row({"prompt": "double n", "response": code, **TEST})
        verdict = asyncio.run(check.verdict(read_pair(row, Keys(), alone=True), None))
        assert verdict.decision == decision
        assert set(verdict.value) == {"response"}


def test_code_may_stand_in_fenced_blocks() -> None:
    assert run("No:\n```\nnonsense(\n```", f"So:\n```python\n{GOOD}```\nDone.").decision == "pass"
    python = find_language("python")
    assert python is not None
    assert code_of(f"```py title=x\n{GOOD}```\n```console\n$ x\n```", python) == GOOD
    assert code_of(GOOD, python) == GOOD


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"plain": "row"}, "the row has no tests"),
        ({"test": "double(3)"}, "the row's test asserts nothing"),
        ({"test": "assert ("}, "the row's test is not Python: '(' was never closed"),
        ({"test": TEST["test"]}, "the row's test defines check, but the row has no entry_point"),
    ],
)
def test_rows_whose_tests_cannot_be_run_are_let_pass_with_a_reason(
    keys: dict[str, object], reason: str
) -> None:
    verdict = run("x", **keys)
    assert verdict.decision == "skip"
    assert str(verdict.reason).startswith(reason)


@pytest.mark.parametrize(
    "test",
    [
        "assert double(3) == 6",
        "def test_double():\n    assert double(3) == 6",
        "import unittest\nclass T(unittest.TestCase):\n"
        "    def test(self):\n        self.assertEqual(double(3), 6)",
    ],
    ids=["asserts", "functions", "unittest"],
)
def test_a_test_needs_no_entry_point(test: str) -> None:
    wrong = GOOD.replace("2 *", "3 *")
    assert run(wrong, test=test).decision == "pass"
    assert run(GOOD + "# same", test=test).decision == "fail"


def test_other_languages_are_run_or_named() -> None:
    good, keys = "const double = (n) => 2 * n;", {"language": "javascript"}
    wrong = good.replace("2 *", "3 *")
    verdict = run(wrong, good, test="console.assert(double(3) === 6)", **keys)
    missing = find_language("js").missing()  # type: ignore[union-attr]
    assert (verdict.decision, verdict.reason) == (("skip", missing) if missing else ("pass", None))
    verdict = run("```java\nx\n```", "```java\ny\n```", test="assertEquals(6, f(3))")
    assert verdict.reason == "no runner for java: there are python and javascript"


def test_helpers_of_the_prompt_are_not_the_answers() -> None:
    prompt = 'def poly(x):\n    return x - 6\n\ndef root():\n    """Its root."""\n'
    keys = {
        "prompt": prompt,
        "test": "def check(f):\n    assert poly(f()) == 0",
        "entry_point": "root",
    }
    good = prompt + "    return 6\n"
    forged = "def poly(x):\n    return 0\ndef root():\n    return 1\n"
    assert run(forged, good, **keys).decision == "pass"
    weak = run(forged, good, test=keys["test"], entry_point="root")
    assert weak.decision == "fail"
    assert weak.value["weak"] == "the tests rely on functions of the answer: poly"


def test_tests_that_hand_over_objects_run_in_one_process_and_are_weak() -> None:
    test = "class Six:\n    value = 3\ndef check(f):\n    assert f(Six()) == 6"
    good, wrong = (f"def double(n):\n    return {k} * n.value\n" for k in (2, 3))
    verdict = run(wrong, good, test=test, entry_point="double")
    assert verdict.decision == "pass"
    assert verdict.value["weak"].endswith("a Six: answer and tests ran in one process")


def test_the_answers_objects_and_functions_can_be_used() -> None:
    good = """
class Node:
    def __init__(self, value): self.value, self.next = value, None
class Odd(ValueError): pass
def total(node):
    return node.value + (total(node.next) if node.next else 0)
def upto(n):
    yield from range(n)
def add(n):
    return lambda m: n + m
def change(items): items.append(9); return items
def each(f, items): return [f(item) for item in items]
def odd(n):
    if n % 2: raise Odd(n)
"""
    tests = [
        "root = Node(1); root.next = Node(2); assert total(root) == 3 and root.next.value == 2",
        "assert isinstance(root, Node) and list(upto(3)) == [0, 1, 2] and add(1)(2) == 3",
        "mine = [1]; assert change(mine) is mine and mine == [1, 9]",
        "assert each(lambda n: n + 1, (1, 2)) == [2, 3] and each(str, [1]) == ['1']",
        "try:\n    odd(3); assert False\nexcept Odd: pass",
    ]
    wrong = good.replace("node.value +", "node.value -")
    verdict = run(wrong, good, test_list=tests)
    assert verdict.decision == "pass", verdict


def test_modules_that_only_the_answer_has_and_numbers_like_numpys_do_no_harm() -> None:
    good = (
        "import math, sys, types\npackage = types.ModuleType('elsewhere')\n"
        "class Scalar:\n    shape = ()\n    def __init__(self, n): self.n = n\n"
        "    def item(self): return self.n\n"
        "def double(n): return [Scalar(2 * n)]\n"
    )
    test = "assert double(3) == [math.sqrt(36)] and double(3)[0] is not None"
    assert run(good.replace("2 *", "3 *"), good, test=test).decision == "pass"


def test_a_negative_that_is_killed_proves_nothing() -> None:
    verdict = run("import os\ndef double(n): os.kill(os.getpid(), 9)\n")
    assert verdict.decision == "skip"
    reason = "the negative proves nothing: the process was killed by SIGKILL, twice"
    assert verdict.reason == reason
    verdict = run("def double(n): return 0", "import os\ndef double(n): os.kill(os.getpid(), 9)\n")
    assert verdict.decision == "fail"


@pytest.fixture
def nothing_works(monkeypatch: pytest.MonkeyPatch) -> None:
    means.find_means.cache_clear()
    monkeypatch.setattr(means.shutil, "which", lambda _: None)
    monkeypatch.setattr(means.Namespaces, "command", lambda *_: ["false"])


@pytest.mark.usefixtures("nothing_works")
def test_without_isolation_code_is_run_only_if_asked_for() -> None:
    with pytest.raises(means.NoIsolationError, match="install bubblewrap"):
        run("x")
    with pytest.raises(means.NoIsolationError):
        _ = RunTests().warning
    unsafe = RunTests(unsafe=True, timeout=2)
    assert "NOT ISOLATED" in unsafe.warning
    wrong = GOOD.replace("2 *", "3 *")
    assert asyncio.run(unsafe.verdict(pair(GOOD, wrong, **TEST), None)).decision == "pass"
    assert asyncio.run(unsafe.verdict(pair(GOOD, GOOD + "#", **TEST), None)).decision == "fail"
    means.find_means.cache_clear()


def test_several_run_at_once() -> None:
    async def all_at_once() -> list[Verdict]:
        check = RunTests(timeout=1)
        hangs = "while True: pass"
        return await asyncio.gather(
            *(check.verdict(pair(GOOD, f"{hangs}# {n}", **TEST), None) for n in range(3))
        )

    assert all(verdict.decision == "pass" for verdict in asyncio.run(all_at_once()))
