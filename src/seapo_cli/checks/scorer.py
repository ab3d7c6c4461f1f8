"""A transformers model that scores answers, in a process of its own, as torch is heavy."""

from __future__ import annotations

import asyncio
import hashlib
import os
import subprocess
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import orjson

from seapo_cli.calls import dump_answer
from seapo_cli.completions import Usage
from seapo_cli.engine.store import Store
from seapo_cli.engine.tally import Tally
from seapo_cli.exceptions import SeapoError
from seapo_cli.extras import install
from seapo_cli.io.threads import DaemonThread
from seapo_cli.rows import Row

Kind = Literal["log-likelihood", "reward"]
PROGRAMS: dict[Kind, str] = {
    "log-likelihood": "seapo_cli.training.likelihood",
    "reward": "seapo_cli.training.rewards",
}
"""What computes each kind of score."""
TOGETHER = 16
"""Questions that go through the model together."""
_NEEDED = ("torch", "transformers")
_WEIGHTS = {".safetensors", ".bin", ".gguf", ".json", ".jinja", ".model", ".txt"}
"""Suffixes of the files in a model's folder that determine its answers."""

Question = Mapping[str, Any]
Answer = dict[str, Any]
_Asked = tuple[Question, "asyncio.Future[Answer]"]


def question_of(row: Row, answers: Sequence[str]) -> Question:
    """Answers to a row's prompt, as the programs read them."""
    turns = [message.dump("text") for message in row.messages]
    return {"messages": turns, "tools": row.tools, "answers": [dump_answer(one) for one in answers]}


class LocalModel:
    """A model on this machine. Its scores are stored at once, and computed once.

    It is loaded with the first question that the store cannot answer.
    """

    def __init__(self, kind: Kind, name: str, store: Path | None, tally: Tally) -> None:
        self._kind = kind
        self._name = name
        self._tally = tally
        self._process = ScoringProcess(name, PROGRAMS[kind])
        self._store = Store(store) if store else None

    @cached_property
    def _identity(self) -> str:
        return identity(self._name)

    async def score(self, question: Question) -> Answer:
        """The program's answer: scores, or `error`, why there are none.

        Raises:
            SeapoError: nothing can be scored any more; the reason is on stderr.
        """
        key = self._key(question)
        if (known := await self._stored(key)) is not None:
            self._tally.from_store += 1
            return known
        found = await self._process.answer(question)
        self._tally.requests_sent += 1
        self._tally.usage += Usage(prompt_tokens=sum(found.get("tokens", ())))
        if self._store is not None and "error" not in found:
            await self._store.put(key, orjson.dumps(found).decode())
        return found

    def close(self) -> None:
        """End the process, and close the store."""
        self._process.close()
        if self._store is not None:
            self._store.__exit__()

    def _key(self, question: Question) -> bytes:
        asked = orjson.dumps([self._identity, question], option=orjson.OPT_SORT_KEYS)
        return hashlib.blake2b(self._kind.encode() + asked, digest_size=16).digest()

    async def _stored(self, key: bytes) -> Answer | None:
        if self._store is None or (text := await self._store.get(key)) is None:
            return None
        try:
            found: Answer = orjson.loads(text)
        except ValueError:  # damaged: it is scored again
            return None
        return found if isinstance(found, dict) else None


class ScoringProcess:
    """Started with the first question; ends with this process, whose pipe it reads."""

    def __init__(self, model: str, program: str) -> None:
        self._model = model
        self._program = program
        self._thread = DaemonThread()
        self._open: deque[_Asked] = deque()
        self._sending: asyncio.Task[None] | None = None

    @cached_property
    def _process(self) -> subprocess.Popen[bytes]:
        if not all(map(find_spec, _NEEDED)):
            raise SeapoError(
                f"to score with {self._model}, install torch and transformers: {install('train')}"
            )
        command = [sys.executable, "-m", self._program, "--model", self._model]
        command += ["--parent", str(os.getpid())]
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "TQDM_DISABLE": "1"},
            start_new_session=True,  # Ctrl-C is for this process
        )

    async def answer(self, question: Question) -> Answer:
        """The program's answer. What is asked meanwhile goes through the model together.

        Raises:
            SeapoError: the program ended; the reason is on stderr.
        """
        future = asyncio.get_running_loop().create_future()
        self._open.append((question, future))
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send())
        found: Answer = await future
        return found

    async def _send(self) -> None:
        while self._open:
            count = min(TOGETHER, len(self._open))
            asked = [self._open.popleft() for _ in range(count)]
            asked = [one for one in asked if not one[1].done()]  # nobody waits for the others
            try:
                for (_, future), found in zip(asked, await self._answers(asked), strict=True):
                    if not future.done():
                        future.set_result(found)
            except Exception as error:  # theirs to raise, as nobody waits for this task
                for _, future in asked:
                    if not future.done():
                        future.set_exception(error)

    async def _answers(self, asked: Sequence[_Asked]) -> list[Answer]:
        questions = [question for question, _ in asked]
        line = orjson.dumps(questions, option=orjson.OPT_APPEND_NEWLINE)
        found: list[Answer] = orjson.loads(await self._thread.call(self._ask, line))
        return found

    def close(self) -> None:
        """End the program at once, if it was started."""
        if "_process" in vars(self):
            self._process.kill()
            self._process.wait()
        self._thread.close()

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


def identity(model: str) -> str:
    """Identifies a model by all of its content; a hub name stands for itself.

    A cheaper hash could mistake two checkpoints of one run for each other.
    """
    path = Path(model).expanduser()
    if not path.exists():
        return f"hub:{model}"
    files = [path]
    if path.is_dir():
        files = [one for one in path.iterdir() if one.suffix in _WEIGHTS and one.is_file()]
    found = hashlib.blake2b(digest_size=16)
    for file in sorted(files):
        with file.open("rb") as stream:
            content = hashlib.file_digest(stream, "blake2b").digest()
        name = file.name.encode() if path.is_dir() else b""
        found.update(name + b"\0" + content)
    return found.hexdigest()
