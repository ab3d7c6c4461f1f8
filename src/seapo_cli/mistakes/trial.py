"""`--mode auto`: which mode a model can handle is found by trying it, not by its name.

Short answers whose mistakes can be checked exactly go to the model in propose mode. The requests
are those of any row, so the store keeps their answers and no run pays for them twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal

from seapo_cli.exceptions import RowError
from seapo_cli.messages import Message
from seapo_cli.mistakes import propose
from seapo_cli.mistakes.base import Injection, Steps, Task
from seapo_cli.mistakes.error_types import error_types
from seapo_cli.text.safe import tell

_ASKED = (  # the shortest first: a model that cannot may go on to the token limit
    (
        "A shop sells pens in boxes of 12. Mia buys 4 boxes and gives 9 pens away. How many pens "
        "does she keep?",
        "She buys 4*12 = <<4*12=48>>48 pens.\nShe keeps 48-9 = <<48-9=39>>39 pens.\n#### 39",
    ),
    (
        "Write a Python function that returns the largest even number of a list, or None.",
        "def largest_even(numbers):\n    best = None\n    for n in numbers:\n"
        "        if n % 2 == 0 and (best is None or n > best):\n            best = n\n"
        "    return best\n",
    ),
    (
        "Why does the Moon always show us the same side?",
        "The Moon turns once on its axis in the time that it takes to go around the Earth, about "
        "27 days. Tides that the Earth raised in the young, soft Moon slowed its rotation until "
        "the two periods were equal. Because both motions have the same period, the far side "
        "never comes into view from the Earth.",
    ),
)
_ENOUGH = 2
"""This many usable mistakes show that a model can propose, this many failures that it cannot."""

Drive = Callable[[Steps], Awaitable[Injection]]


async def chosen_mode(drive: Drive, model: str) -> Literal["propose", "menu"]:
    """The mode for a model: `propose` where it can do that, else `menu`, and a line on stderr.

    `drive` answers the requests of a mode.
    """
    usable = failed = 0
    for prompt, response in _ASKED:
        if _ENOUGH in (usable, failed):
            break  # decided
        task = Task(
            messages=(Message(role="user", content=prompt),),
            response=response,
            error_type=error_types()["factual"],
            attempts=1,
        )
        try:
            await drive(propose.steps(task))
            usable += 1
        except RowError:
            failed += 1
    mode: Literal["propose", "menu"] = "propose" if usable >= _ENOUGH else "menu"
    tell(
        f"seapo inject: {model} proposed usable mistakes for {usable} of {usable + failed} trial "
        f"answers: --mode {mode}"
    )
    return mode
