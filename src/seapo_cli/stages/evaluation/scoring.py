"""Sources of log-probabilities: a model on this machine, or a server; each is asked once."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import orjson

from seapo_cli.backends.base import NO_PROMPT_LOGPROBS
from seapo_cli.checks.plausibility import served_logprobs
from seapo_cli.checks.scorer import ScoringProcess
from seapo_cli.completions import LogProb, Usage
from seapo_cli.engine.gateway import Gateway
from seapo_cli.engine.session import ModelUse, open_gateway
from seapo_cli.engine.store import Store
from seapo_cli.engine.tally import Tally
from seapo_cli.exceptions import BackendFatal, RowError
from seapo_cli.messages import Message
from seapo_cli.stages.evaluation.items import Question

_WEIGHTS = {".safetensors", ".bin", ".gguf", ".json", ".jinja", ".model", ".txt"}
"""Suffixes of the files in a model's folder that determine its answers."""

Scores = list[LogProb]


class Scorer(Protocol):
    """Returns the log-probabilities of answers."""

    together: int
    """How many questions are best asked at once."""

    async def score(self, questions: Sequence[Question], priority: int) -> list[Scores | RowError]:
        """Those of all answers to each question, or why there are none.

        Raises:
            SeapoError: nothing can be scored any more.
        """

    def close(self) -> None:
        """Release the model."""


class LocalScorer:
    """A transformers model or GGUF file in a process of its own.

    Scores are stored at once, so an interrupted run resumes from there.
    """

    together = 16

    def __init__(self, model: str, store: Store | None, tally: Tally) -> None:
        self._identity = identity(model)
        self._store = store
        self._tally = tally
        self._process = ScoringProcess(model)

    async def score(self, questions: Sequence[Question], priority: int) -> list[Scores | RowError]:  # noqa: ARG002
        """From the store; the rest together from the model."""
        keys = [self._key(question) for question in questions]
        found = [await self._stored(key) for key in keys]
        open_ = [place for place, known in enumerate(found) if known is None]
        self._tally.from_store += len(questions) - len(open_)
        if open_:
            answers = await self._process.ask([questions[place].dump() for place in open_])
            for place, answer in zip(open_, answers, strict=True):
                found[place] = answer
                self._tally.requests_sent += 1
                self._tally.usage += Usage(prompt_tokens=sum(answer.get("tokens", ())))
                if self._store is not None and "error" not in answer:
                    await self._store.put(keys[place], orjson.dumps(answer).decode())
        return [_read(one) for one in found]

    def close(self) -> None:
        """End the process."""
        self._process.close()

    def _key(self, question: Question) -> bytes:
        asked = orjson.dumps([self._identity, question.dump()], option=orjson.OPT_SORT_KEYS)
        return hashlib.blake2b(b"log-likelihood" + asked, digest_size=16).digest()

    async def _stored(self, key: bytes) -> dict[str, object] | None:
        if self._store is None or (text := await self._store.get(key)) is None:
            return None
        try:
            found: dict[str, object] = orjson.loads(text)
        except ValueError:  # damaged: it is scored again
            return None
        return found if isinstance(found, dict) and found.keys() >= {"sums", "tokens"} else None


def _read(found: dict[str, object] | None) -> Scores | RowError:
    assert found is not None
    if "error" in found:
        return RowError(str(found["error"]))
    sums, tokens = found["sums"], found["tokens"]
    assert isinstance(sums, list)
    assert isinstance(tokens, list)
    return [LogProb(sum=total, tokens=count) for total, count in zip(sums, tokens, strict=True)]


class ServedScorer:
    """A server that gives the log-probabilities of prompts, as vLLM does."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.together = 2 * gateway.concurrency

    async def score(self, questions: Sequence[Question], priority: int) -> list[Scores | RowError]:
        """All at once, within the gateway's limits; it stores the answers."""
        return await asyncio.gather(*(self._one(question, priority) for question in questions))

    def close(self) -> None:
        """Nothing: the gateway's owner closes it."""

    async def _one(self, question: Question, priority: int) -> Scores | RowError:
        try:
            found = await served_logprobs(
                question.messages, question.tools, question.answers, self._gateway, priority
            )
        except RowError as error:
            return error
        return [LogProb(sum=sum(answer), tokens=len(answer)) for answer in found]


async def gives_logprobs(use: ModelUse) -> bool:
    """Whether a server gives the log-probabilities of prompts.

    Raises:
        SeapoError: it cannot be asked.
    """
    # A separate gateway: one refusal ends a gateway.
    async with open_gateway(use, Tally()) as gateway:
        try:
            await served_logprobs((Message(role="user", content="1"),), (), ["1"], gateway, 0)
        except BackendFatal as error:
            if NO_PROMPT_LOGPROBS in str(error):
                return False
            raise
        except RowError:
            return False
    return True


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
