"""Programs that score: a line of questions on stdin, a line of answers on stdout, until stdin ends.

python -m seapo_cli.training.PROGRAM --model NAME
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
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
    quiet()
    try:
        model = load(parser.parse_args().model)
    except SeapoError as error:
        sys.exit(str(error))
    with suppress(BrokenPipeError):  # whoever asked is gone
        for line in _lines():
            print(json.dumps(model.score(json.loads(line))), flush=True)


def _lines() -> Iterator[str]:
    """Lines of stdin; ends this process at once if the parent is killed."""
    lines: SimpleQueue[str | None] = SimpleQueue()
    parent = os.getppid()

    def read() -> None:
        for line in sys.stdin:
            lines.put(line)
        if os.getppid() != parent:  # it died: nobody wants what is being computed
            os._exit(1)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    while (line := lines.get()) is not None:
        yield line
