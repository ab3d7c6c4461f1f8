"""The tests on a row, and the code in an answer."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from seapo_cli.isolation.judge import Task
from seapo_cli.isolation.languages import LANGUAGES, find_language
from seapo_cli.isolation.languages.base import Language
from seapo_cli.text.code import fenced_blocks, parsed_python


def given_tests(data: Mapping[str, Any], answer: str) -> tuple[Language, Task] | None:
    """The tests of a row and their language; None if it has none.

    `test` (with `entry_point` where it defines HumanEval's `check`), or `test_list`, statements
    (with `test_setup_code`). A prompt that is a program gives the tests its helpers.

    Raises:
        ValueError: they cannot be run; the text says why.
    """
    source = _source(data)
    if source is None:
        return None
    language = _language(data, answer)
    missing = language.missing()
    if missing:
        raise ValueError(missing)
    entry = data.get("entry_point")
    entry = entry if isinstance(entry, str) and entry.isidentifier() else None
    task = Task(language.tests(source, entry), _helpers(data), entry)
    return language, task


def _source(data: Mapping[str, Any]) -> str | None:
    test, asserts, setup = (data.get(k) for k in ("test", "test_list", "test_setup_code"))
    if isinstance(test, str) and test.strip():
        return test
    if isinstance(asserts, list) and asserts and all(isinstance(a, str) for a in asserts):
        return "\n".join([setup if isinstance(setup, str) else "", *asserts])
    return None


def _language(data: Mapping[str, Any], answer: str) -> Language:
    """The row's `language`, else that of the answer's first fence, else Python."""
    named = data.get("language")
    if isinstance(named, str) and (found := find_language(named)):
        return found
    fence = next((block.tag for block in fenced_blocks(answer) if block.tag), "python")
    if found := find_language(fence):
        return found
    known = " and ".join(language.name for language in LANGUAGES)
    raise ValueError(f"no runner for {fence}: there are {known}")


def _helpers(data: Mapping[str, Any]) -> str:
    """The prompt, where it is a program that defines functions, as in HumanEval."""
    prompt = data.get("prompt")
    if not isinstance(prompt, str) or "def " not in prompt:
        return ""
    tree = parsed_python(prompt)
    return prompt if tree and any(isinstance(n, ast.FunctionDef) for n in tree.body) else ""


def code_of(answer: str, language: Language) -> str:
    """The code blocks of an answer in a language; the whole answer if there are none."""
    names = ("", language.name, *language.aliases)
    blocks = [block.code for block in fenced_blocks(answer) if block.tag in names]
    return "\n".join(blocks) or answer
