"""Written answers: checked by their final number, by tests, or by rules."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import import_module
from typing import Any

from seapo_cli.checks.given_tests import code_of, given_tests
from seapo_cli.completions import Completion, Request, Sampling
from seapo_cli.exceptions import RowError
from seapo_cli.extras import need
from seapo_cli.isolation.judge import Judges
from seapo_cli.isolation.languages import interpreters
from seapo_cli.isolation.means import find_means
from seapo_cli.isolation.sandbox import Limits
from seapo_cli.messages import Message
from seapo_cli.stages.evaluation.items import Found, Item, row_id, text_of

_GSM8K = (
    "{}\n\nThink step by step. End with a line that holds four number signs and the final "
    "number, such as:\n#### 42"
)
_HUMANEVAL = (
    "Complete this Python function. Answer with the whole function in one code block.\n\n"
    "```python\n{}\n```"
)
_MBPP = "{}\n\nAnswer with Python in one code block."
_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?|-?\.\d+")
_MARK = "####"
_RULES = "lm_eval.tasks.ifeval.utils"

Check = Callable[[Completion], Awaitable[Found]]


@dataclass(frozen=True)
class AnswerSettings:
    """How answers are requested, and what resources their code may use."""

    max_tokens: int = 1024
    seed: int = 0
    timeout: int = 10
    """Seconds of CPU time for the tests of one answer."""
    memory: int = 512
    """MiB."""


class Answers:
    """Reads rows as items whose answers the model writes, with greedy decoding."""

    def __init__(self, settings: AnswerSettings) -> None:
        self._settings = settings

    def gsm8k(self, data: dict[str, Any], line: int) -> Item:
        """`{question, answer}`, where the answer ends in `#### number`.

        Raises:
            RowError: it is something else.
        """
        gold = final_number(text_of(data, "answer"))
        if gold is None:
            raise RowError("key 'answer' must end in '#### number'")

        async def check(completion: Completion) -> Found:
            found = final_number(completion.text)
            return {"right": float(found == gold), "found": found, "gold": gold}

        return self._item(data, line, _GSM8K.format(text_of(data, "question")), check)

    def humaneval(self, data: dict[str, Any], line: int) -> Item:
        """`{prompt, entry_point, test}`.

        Raises:
            RowError: it is something else.
        """
        prompt, entry = text_of(data, "prompt"), text_of(data, "entry_point")
        asked = _HUMANEVAL.format(prompt.strip("\n"))
        return self._item(
            data, line, asked, self._passes(data, lambda code: completed(prompt, entry, code))
        )

    def mbpp(self, data: dict[str, Any], line: int) -> Item:
        """`{prompt, test_list, test_setup_code}`; a prompt without an assertion is shown the tests.

        Raises:
            RowError: it is something else.
        """
        prompt = text_of(data, "prompt" if "prompt" in data else "text")
        tests = data.get("test_list")
        if not isinstance(tests, list) or not tests:
            raise RowError("key 'test_list' must be a list of assertions")
        if "assert" not in prompt:
            prompt = "\n".join([prompt, "Your code should pass these tests:", *map(str, tests)])
        return self._item(data, line, _MBPP.format(prompt), self._passes(data, lambda code: code))

    def ifeval(self, data: dict[str, Any], line: int) -> Item:
        """`{prompt, instruction_id_list, kwargs}`.

        Raises:
            RowError: it is something else.
            UsageError: the package with the rules is not installed.
        """
        prompt, names = text_of(data, "prompt"), data.get("instruction_id_list")
        values = data.get("kwargs")
        if not (isinstance(names, list) and isinstance(values, list) and len(names) == len(values)):
            raise RowError("keys 'instruction_id_list' and 'kwargs' must be lists of equal length")
        rules = _rules()
        key = data["key"] if isinstance(data.get("key"), int) else line
        example = rules.InputExample(key, names, prompt, values)

        async def check(completion: Completion) -> Found:
            try:
                strict = rules.test_instruction_following_strict(example, completion.text)
                loose = rules.test_instruction_following_loose(example, completion.text)
            except (KeyError, LookupError, TypeError, ValueError) as error:
                reason = next((one for one in str(error).splitlines() if one.strip("* ")), "")
                raise RowError(f"the rules of {', '.join(names)} fail: {reason.strip()}") from None
            return {
                "right": float(strict.follow_all_instructions),
                "right_loosely": float(loose.follow_all_instructions),
                "instructions": dict(zip(names, strict.follow_instruction_list, strict=True)),
            }

        return self._item(data, line, prompt, check)

    def _item(self, data: dict[str, Any], line: int, prompt: str, check: Check) -> Item:
        settings, name = self._settings, row_id(data, line)
        sampling = Sampling(temperature=0.0, max_tokens=settings.max_tokens, seed=settings.seed)
        request = Request((Message(role="user", content=prompt),), sampling)
        return Item(line, name, name, data, request=request, check=check)

    def _passes(self, data: dict[str, Any], program: Callable[[str], str]) -> Check:
        async def check(completion: Completion) -> Found:
            try:
                tests = given_tests(data | {"language": "python"}, completion.text)
            except ValueError as error:
                raise RowError(str(error)) from None
            if tests is None:
                raise RowError("the row has no tests")
            language, task = tests
            code = program(code_of(completion.text, language))
            finding = await self._judges.find(language, code, task)
            if finding.died:
                raise RowError(f"the tests prove nothing: {finding.reason}, twice")
            why = {"reason": finding.reason} if finding.reason else {}
            weak = {"weak": finding.weak} if finding.weak else {}
            return {"right": float(finding.passed), **why, **weak}

        return check

    @cached_property
    def _judges(self) -> Judges:
        limits = Limits(self._settings.timeout, self._settings.memory)
        return Judges(find_means(interpreters()), limits)


def final_number(text: str) -> str | None:
    """The number after the last `####`, else the last number; equal numbers are equal texts."""
    marked = text.rpartition(_MARK)[2] if _MARK in text else ""
    found = _NUMBER.findall(marked)[:1] or _NUMBER.findall(text)[-1:]
    if not found:
        return None
    whole, _, decimals = found[0].replace(",", "").lstrip("-").partition(".")
    digits = f"{whole.lstrip('0') or '0'}.{decimals.rstrip('0')}".rstrip(".")
    return f"-{digits}" if found[0].startswith("-") and digits != "0" else digits


def completed(prompt: str, entry_point: str, code: str) -> str:
    """A program from what a model wrote: the whole function, or what follows its signature."""
    head = f"def {entry_point}"
    if head not in code:
        return f"{prompt}{code}"
    return prompt[: prompt.rfind(head)] + "\n" + code if head in prompt else code


@lru_cache
def _rules() -> Any:
    """IFEval's rules, which come with lm-evaluation-harness."""
    need("ifeval", "eval", "lm_eval", "langdetect", "nltk", "immutabledict")
    return import_module(_RULES)
