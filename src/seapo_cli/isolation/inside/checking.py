"""The process that a row's tests run in, which the answer's code never enters."""

from __future__ import annotations

import ast
import builtins
import sys
import types
import unittest
from collections.abc import Mapping
from typing import Any

from .remote import Channel, GoneError, RemoteClass, RemoteFunction
from .wire import NotPlainError, write_frame

_MODULE = "seapo_tests"


def check(channel: Channel | None, task: Mapping[str, Any]) -> dict[str, Any]:
    """Run the tests; the outcome: `passed`, and `error`, `weak`, `gone`, `not_plain` about it.

    `task` holds `setup` (code to define helpers, not the answer), `tests` and `entry_point`.
    """
    outcome: dict[str, Any] = {"passed": False}
    try:
        _run(channel, task)
        outcome["passed"] = True
    except GoneError:
        outcome["error"] = "the answer's process ended"
    except NotPlainError as error:
        outcome["error"] = f"the test hands over {error}"
    except BaseException as error:  # also SystemExit: to leave early is not to pass
        outcome["error"] = _line(error)
    if channel is not None:
        outcome |= {"weak": channel.weak, "gone": channel.gone, "not_plain": channel.sent_other}
        outcome["passed"] = outcome["passed"] and not channel.gone and not channel.sent_other
    return outcome


def _line(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".split("\n")[0][:200].rstrip(": ")


def _run(channel: Channel | None, task: Mapping[str, Any]) -> None:
    module = types.ModuleType(_MODULE)
    sys.modules[_MODULE] = module
    names = vars(module)
    source, entry = task["tests"], str(task.get("entry_point"))
    exec(compile(task["setup"], "<setup>", "exec"), names)
    if channel is not None:
        names |= _taken(channel, channel.load(), ast.parse(source), entry, own=set(names))
    exec(compile(source, "<tests>", "exec"), names)
    for name, value in list(names.items()):
        is_test = name.startswith("test") and isinstance(value, types.FunctionType)
        if is_test and not value.__code__.co_argcount:
            value()
    _run_cases(names)


def _taken(
    channel: Channel, offered: Mapping[str, Any], tree: ast.AST, entry: str, own: set[str]
) -> dict[str, Any]:
    """The answer's names that the tests use, besides those that the setup defines.

    A built-in name (`sum`) is the answer's only where the tests use nothing else of it.
    """
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - own | {entry}
    defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    found = {name: value for name, value in offered.items() if name in used}
    taken = {n: v for n, v in found.items() if n == entry or not hasattr(builtins, n)}
    if not _functions(taken):
        taken = found
    others = set(_functions(taken)) - defined - {entry}
    if others and (entry in taken or len(others) > 1):
        channel.weak = f"the tests rely on functions of the answer: {', '.join(sorted(others))}"
    return taken


def _functions(names: Mapping[str, Any]) -> list[str]:
    return [
        name
        for name, value in names.items()
        if isinstance(value, RemoteFunction) and not isinstance(value, RemoteClass)
    ]


def _run_cases(names: Mapping[str, Any]) -> None:
    cases = [
        value
        for value in names.values()
        if isinstance(value, type)
        and issubclass(value, unittest.TestCase)
        and value.__module__ == _MODULE
    ]
    for case in cases:
        result = unittest.TestResult()
        unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
        for _, trace in [*result.errors, *result.failures]:
            raise AssertionError(trace.strip().splitlines()[-1])
        if not result.testsRun or result.skipped or result.unexpectedSuccesses:
            raise AssertionError("a test case did not run")


def main(fd: int | None, verdict: int, task: Mapping[str, Any]) -> None:
    """Check one answer, and send the verdict."""
    sys.setrecursionlimit(max(sys.getrecursionlimit(), 3000))
    write_frame(verdict, check(None if fd is None else Channel(fd), task))
