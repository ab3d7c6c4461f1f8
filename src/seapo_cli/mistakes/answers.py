"""Which part of an answer a mistake goes into, and how the answer is reassembled afterwards."""

from __future__ import annotations

from seapo_cli.backends.thinking import split
from seapo_cli.calls import Tool, ToolAnswer
from seapo_cli.checks.tool_call import wrong_response
from seapo_cli.exceptions import Declined, InjectionError
from seapo_cli.mistakes.base import Injection
from seapo_cli.mistakes.error_types import ErrorType
from seapo_cli.mistakes.proposal import NOT_FITTING, WRONG_ANSWER
from seapo_cli.rows import Edit
from seapo_cli.text.difference import edits_between


def without_thought(response: str) -> str:
    """An answer without what the model thought before it."""
    if isinstance(response, ToolAnswer):
        _, content = split(response.content)
        return response.with_content(content)
    thought, answer = split(response)
    return answer if thought else response


def changeable(response: str, error_type: ErrorType, tools: tuple[Tool, ...]) -> str:
    """What a mistake of a type may change: all of an answer, or the text before its tool calls.

    Raises:
        Declined: the answer has nothing that suits the type, or its calls are already wrong.
    """
    if not isinstance(response, ToolAnswer):
        return response
    if "tools" in error_type.domains:
        if not tools and error_type.proof:
            raise Declined(
                f"the row has no tools, without which nothing is a {error_type.name}", NOT_FITTING
            )
        if reason := wrong_response(response, tools):
            raise Declined(reason, WRONG_ANSWER)
        return response
    if not response.content.strip():
        raise Declined(f"the answer only calls tools, {error_type.name} is for text", NOT_FITTING)
    return response.content


def whole(injection: Injection, changed: str, response: str) -> tuple[str, tuple[Edit, ...]]:
    """The negative and its edits, in characters of the response's canonical text.

    Args:
        changed: the part of the response that the mistake went into.

    Raises:
        InjectionError: the calls cannot be read any more.
    """
    negative, edits = injection.negative, injection.edits
    if not isinstance(response, ToolAnswer):
        return negative, edits
    if not isinstance(changed, ToolAnswer):
        return response.with_content(negative), edits  # the text comes first: same offsets
    try:
        called = response.read(negative)
    except ValueError as error:
        raise InjectionError(str(error)) from None
    # What parsing normalizes (such as spaces in the JSON) is not a difference between the answers.
    return called, edits if called == negative else edits_between(response, called)
