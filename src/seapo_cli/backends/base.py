"""The seam between the engine and whatever answers: one protocol."""

from __future__ import annotations

from typing import Protocol

from seapo_cli.records import Completion, Request

NO_PROMPT_LOGPROBS = (
    "the server gives no log-probabilities of the prompt: take vLLM with --base-url, "
    "or a transformers model with --set plausibility.scorer=NAME"
)


class Backend(Protocol):
    """Something that answers requests; made by the `connect` of its module."""

    endpoint: str
    """Names the server in store keys: another endpoint never gets this one's answers."""
    model: str
    concurrency: int
    """Most open requests where the user does not say."""
    writes_well: bool
    """Whether it may be trusted to write whole sentences; the packaged model may not."""

    async def complete(self, request: Request) -> Completion:
        """Answer one request, without retrying.

        Raises:
            BackendError: it failed; the subclass says what to do about it.
        """

    async def close(self) -> None:
        """Let go of connections and processes."""
