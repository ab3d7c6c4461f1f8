"""Programs that score: a line of questions on stdin, a line of answers on stdout, until stdin ends.

python -m seapo_cli.training.PROGRAM --model NAME
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, Protocol

from seapo_cli.exceptions import SeapoError
from seapo_cli.training.model import quiet

Question = Mapping[str, Any]
Found = dict[str, Any]
"""An answer: scores, or `error`, why there are none."""


class Model(Protocol):
    """A model that scores."""

    def score(self, questions: Sequence[Question]) -> list[Found]:
        """The answers to questions that go through it together."""


def answer_lines(load: Callable[[str], Model], about: str | None) -> None:
    """Load the model that `--model` names, and answer lines until stdin ends."""
    parser = argparse.ArgumentParser(description=(about or "").partition("\n")[0])
    parser.add_argument("--model", required=True)
    # Given, as it may have died before this process could ask who it is.
    parser.add_argument("--parent", type=int, default=os.getppid(), help="process that asks")
    options = parser.parse_args()
    next_line = _listen(options.parent)
    quiet()
    try:
        model = load(options.model)
    except SeapoError as error:
        sys.exit(str(error))
    with suppress(BrokenPipeError):  # whoever asked is gone
        for line in iter(next_line, None):
            print(json.dumps(model.score(json.loads(line))), flush=True)


def _listen(parent: int) -> Callable[[], str | None]:
    """Gives line after line of stdin, then None; ends this process at once if the parent is killed.

    A thread listens from now on, also while a model is loaded or something is computed.
    """
    lines: SimpleQueue[str | None] = SimpleQueue()

    def read() -> None:
        for line in sys.stdin:
            lines.put(line)
        if os.getppid() != parent:  # it died: nobody wants what is being computed
            os._exit(1)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    return lines.get
