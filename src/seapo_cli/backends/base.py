"""The seam between the engine and whatever answers: one class."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson

from seapo_cli.backends.allowance import Allowance
from seapo_cli.calls import canonical_json
from seapo_cli.completions import Completion, Request

NO_PROMPT_LOGPROBS = (
    "the server gives no log-probabilities of the prompt: take vLLM with --base-url, "
    "or a transformers model with --set plausibility.scorer=NAME"
)
NO_REWARDS = (
    "gives no rewards: take vLLM, serving a reward model, with --base-url, or a transformers "
    "model with --set reward.scorer=NAME"
)

Keep = Callable[[bytes, str], Awaitable[None]]
"""Keeps an answer, as JSON, under the key of its request."""


class Backend:
    """Base of whatever answers requests; made by the `connect` of its module."""

    endpoint: str
    """Names the server in store keys: another endpoint never gets this one's answers."""
    model: str
    extra: Mapping[str, Any]
    """Further fields of each request's body."""
    concurrency: int
    """Most open requests where the user does not say."""
    allowance: Allowance | None = None
    """What the reply to the last request said of those that may follow."""
    answers_later: bool = False
    """Whether it only takes requests down, whose answers come with a later run."""

    async def prepare(self, keep: Keep | None) -> None:
        """Begin a run; `keep` takes answers that are there already, None where none are kept.

        Raises:
            SeapoError: it cannot work like this.
        """

    async def complete(self, request: Request) -> Completion:
        """Answer one request, without retrying.

        Raises:
            AskOtherwise: it is to be sent again at once, as the error says.
            Pending: its answer comes with a later run; says what to do for that.
            BackendError: it failed; the subclass says what to do about it.
        """
        raise NotImplementedError

    def finish(self) -> None:
        """End a run that reached its end: what it wrote is whole.

        Raises:
            SeapoError: that cannot be written.
        """

    async def close(self) -> None:
        """Let go of connections and processes."""


def request_key(backend: Backend, request: Request) -> bytes:
    """Hash of all that decides the answer: names a request in the store and in batches."""
    sampling = request.sampling
    wanted = orjson.dumps(
        [
            [message.key for message in request.messages],
            [sampling.temperature, sampling.top_p, sampling.max_tokens, sampling.seed],
            sampling.stop,
            request.schema,
            request.index,
            request.logprobs,
            request.scored,
            *(["prefill"] if request.prefill else []),
            *([["tools", canonical_json(request.tools)]] if request.tools else []),
            *([["reward", request.reward]] if request.reward else []),
        ],
        option=orjson.OPT_SORT_KEYS,
    )
    # Without further fields as it always was, so that stores stay good.
    extra = [backend.extra] if backend.extra else []
    identity = orjson.dumps([backend.endpoint, backend.model, *extra], option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(identity + wanted, digest_size=16).digest()
