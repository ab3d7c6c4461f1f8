"""Sources of log-probabilities: a model on this machine, or a server; each is asked once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from seapo_cli.backends.base import NO_PROMPT_LOGPROBS
from seapo_cli.checks.plausibility import served_logprobs
from seapo_cli.checks.scorer import TOGETHER, Answer, LocalModel
from seapo_cli.completions import LogProb
from seapo_cli.engine.gateway import Gateway
from seapo_cli.engine.session import ModelUse, open_gateway
from seapo_cli.engine.tally import Tally
from seapo_cli.exceptions import BackendFatal, RowError
from seapo_cli.messages import Message
from seapo_cli.stages.evaluation.items import Question

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

    together = TOGETHER

    def __init__(self, model: str, store: Path | None, tally: Tally) -> None:
        self._model = LocalModel("log-likelihood", model, store, tally)

    async def score(self, questions: Sequence[Question], priority: int) -> list[Scores | RowError]:  # noqa: ARG002
        """From the store; the rest together from the model."""
        found = await asyncio.gather(*(self._model.score(one.dump()) for one in questions))
        return list(map(_read, found))

    def close(self) -> None:
        """End the process."""
        self._model.close()


def _read(found: Answer) -> Scores | RowError:
    if "error" in found:
        return RowError(str(found["error"]))
    each = zip(found["sums"], found["tokens"], strict=True)
    return [LogProb(sum=total, tokens=count) for total, count in each]


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
