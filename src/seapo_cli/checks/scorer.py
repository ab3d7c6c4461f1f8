"""A transformers model that scores answers, in a process of its own, as torch is heavy."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from operator import truediv
from typing import Any

import orjson

from seapo_cli.calls import Tool, dump_answer
from seapo_cli.exceptions import RowError, SeapoError
from seapo_cli.extras import install
from seapo_cli.io.threads import DaemonThread
from seapo_cli.messages import Message

_PROGRAM = "seapo_cli.training.likelihood"
_NEEDED = ("torch", "transformers")


class ScoringProcess:
    """Started with the first question; ends with this process, whose pipe it reads."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._thread = DaemonThread()

    @cached_property
    def _process(self) -> subprocess.Popen[bytes]:
        if not all(map(find_spec, _NEEDED)):
            raise SeapoError(
                f"to score with {self._model}, install torch and transformers: {install('train')}"
            )
        command = [sys.executable, "-m", _PROGRAM, "--model", self._model]
        command += ["--parent", str(os.getpid())]
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "TQDM_DISABLE": "1"},
            start_new_session=True,  # Ctrl-C is for this process
        )

    async def means(
        self, messages: tuple[Message, ...], tools: tuple[Tool, ...], first: str, second: str
    ) -> tuple[float, float]:
        """Mean log-probabilities of the tokens of two answers, in nats.

        Raises:
            RowError: these cannot be scored: too long, or empty.
            SeapoError: the program ended; the reason is on stderr.
        """
        turns = [message.dump("text") for message in messages]
        answers = [dump_answer(first), dump_answer(second)]
        (found,) = await self.ask([{"messages": turns, "tools": tools, "answers": answers}])
        if "error" in found:
            raise RowError(f"plausibility: {found['error']}")
        one, other = map(truediv, found["sums"], found["tokens"])
        return one, other

    async def ask(self, questions: Sequence[object]) -> list[dict[str, Any]]:
        """The program's answers, which go through the model together.

        Raises:
            SeapoError: the program ended; the reason is on stderr.
        """
        line = orjson.dumps(questions, option=orjson.OPT_APPEND_NEWLINE)
        answers: list[dict[str, Any]] = orjson.loads(await self._thread.call(self._ask, line))
        return answers

    def close(self) -> None:
        """End the program at once, if it was started."""
        if "_process" in vars(self):
            self._process.kill()
            self._process.wait()

    def _ask(self, question: bytes) -> bytes:
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(question)
            process.stdin.flush()
            if answer := process.stdout.readline():
                return answer
        except BrokenPipeError:
            pass
        raise SeapoError(f"scoring with {self._model} ended; the line above says why")
