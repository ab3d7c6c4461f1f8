"""A transformers model that scores answers, in a process of its own, as torch is heavy."""

from __future__ import annotations

import subprocess
import sys
from functools import cached_property
from importlib.util import find_spec

import orjson

from seapo_cli.calls import Tool, written
from seapo_cli.engine.threads import DaemonThread
from seapo_cli.errors import RowError, SeapoError
from seapo_cli.extras import install
from seapo_cli.records import Message

_PROGRAM = "seapo_cli.training.score"
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
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    async def means(
        self, messages: tuple[Message, ...], tools: tuple[Tool, ...], first: str, second: str
    ) -> tuple[float, float]:
        """Mean log-probabilities of the tokens of two answers, in nats.

        Raises:
            RowError: these cannot be scored: too long, or empty.
            SeapoError: the program ended; it has told why.
        """
        turns = [message.dump("text") for message in messages]
        answers = [written(first), written(second)]
        question = orjson.dumps(
            {"messages": turns, "tools": tools, "answers": answers},
            option=orjson.OPT_APPEND_NEWLINE,
        )
        found = orjson.loads(await self._thread.call(self._ask, question))
        if "error" in found:
            raise RowError(f"plausibility: {found['error']}")
        return tuple(found["means"])

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
