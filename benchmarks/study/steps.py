"""BIG-Bench-Mistake as pairs: the first wrong step of a solution against the right one.

PaLM 2 made the mistakes and people found them. The right step is worked out: who holds what after
each swap, or what the expression comes to. It has the wrong step's form and differs in what is
wrong only. A solution is taken only if all its earlier steps are what is worked out, too, so that
a misread one drops out.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from fractions import Fraction

from study.rows import Row

_SWAP = re.compile(r"(\w+) and (\w+) (?:swap|trade|switch)")
_HOLDS = re.compile(r"\b([A-Z]\w*): ([^,.:]+?)(?=[,.]|\s*$|\s+So the answer)")
_ASKED = "{}\n\nThe first steps of a solution:\n\n{}\n\nWrite the next step."
_NUMERIC = re.compile(r"[-+*/() \d]+")
_NUMBER = re.compile(r"\(*\s*(-?\d+)\s*\)*\.?$")
_OPERATORS: Mapping[type, Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def step_pair(row: Row) -> Row | None:
    """A pair of the next step, or None where the right one cannot be worked out."""
    wrong = row["mistake_index"]
    if not wrong:  # no mistake, or nothing before it to go on from
        return None
    steps: list[str] = row["steps"]
    make = swapped if row["task"] == "tracking_shuffled_objects" else computed
    found = make(row["input"], steps[: wrong + 1])
    if found is None or found[0] == found[1]:
        return None
    chosen, rejected = found
    return {
        "id": row["id"],
        "prompt": _ASKED.format(row["input"], "\n".join(steps[:wrong])),
        "chosen": chosen,
        "rejected": rejected,
        "error_type": row["task"],
        "source": "bigbench_mistake",
    }


def swapped(task: str, steps: list[str]) -> tuple[str, str] | None:
    """The last of the steps, right and wrong: what each one holds after the swap it tells of."""
    holds = dict(_HOLDS.findall(steps[0]))
    swaps = _SWAP.findall(task)
    if len(holds) < 3 or len(steps) - 1 > len(swaps):
        return None
    right = steps[0]
    for before, step, names in zip(steps, steps[1:], swaps, strict=False):
        one, other = (name if name in holds else name[0] for name in names)
        if right != before or not {one, other} <= holds.keys():
            return None
        if any({a, b} not in ({*names}, {one, other}) for a, b in _SWAP.findall(step)):
            return None  # it tells of another swap
        holds[one], holds[other] = holds[other], holds[one]
        listed = _HOLDS.findall(step)
        # The swapped two must be listed, and every item known under its name.
        if not {one, other} <= {name for name, _ in listed} <= holds.keys():
            return None
        if not {item for _, item in listed} <= set(holds.values()):
            return None
        right = _HOLDS.sub(lambda found: f"{found[1]}: {holds[found[1]]}", step)
    return right, steps[-1]


def computed(_: str, steps: list[str]) -> tuple[str, str] | None:
    """The last of the steps up to its result, right and wrong, without what leads to either.

    `C = (2 * 3 - 1) = (6 + 1) = 7` becomes `C = (2 * 3 - 1) = 7`, for what stands between may be
    wrong as well.
    """
    values = [_read_step(step) for step in steps[1:]]
    if not values or any(one is None for one in values):
        return None
    if any(one and one[1] != one[2] for one in values[:-1]):
        return None
    last = values[-1]
    assert last is not None
    start, wrong, right = last
    return f"{start} = {right}.", f"{start} = {wrong}."


def _read_step(step: str) -> tuple[str, int, int] | None:
    """What is computed, the result that the step gives, and the one that is right."""
    head, *parts = step.split(" So the answer")[0].split(" = ")
    numeric = [place for place, part in enumerate(parts) if _NUMERIC.fullmatch(part.rstrip("."))]
    if not numeric or numeric[0] == len(parts) - 1:
        return None
    result = _NUMBER.match(parts[-1])
    value = evaluate(parts[numeric[0]])
    if result is None or value is None or value.denominator != 1:
        return None
    start = " = ".join([head, *parts[: numeric[0] + 1]])
    return start, int(result[1]), int(value)


def evaluate(text: str) -> Fraction | None:
    """The value of an expression of whole numbers; None of anything else."""
    try:
        return _value(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, ZeroDivisionError):
        return None


def _value(node: ast.expr) -> Fraction:
    match node:
        case ast.Constant(value=int() as value):
            return Fraction(value)
        case ast.UnaryOp(op=ast.USub(), operand=one):
            return -_value(one)
        case ast.UnaryOp(op=ast.UAdd(), operand=one):
            return _value(one)
        case ast.BinOp(left=one, op=op, right=other) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_value(one), _value(other))
    raise ValueError(ast.dump(node))
