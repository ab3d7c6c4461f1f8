"""Options of the commands that ask a model: which one, where, and how requests travel."""

from __future__ import annotations

import base64
import os
from dataclasses import field
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote

from seapo_cli.exceptions import UsageError
from seapo_cli.options import parse
from seapo_cli.options.budget import BudgetSettings
from seapo_cli.options.option import COUNT, SECONDS, Settings, opt
from seapo_cli.text.safe import hide

_REQUESTS = "Requests"
_BATCHES = "Batch services"
_OWN_FIELDS = {"model", "messages", "n", "stream", "prompt_logprobs"}
"""Fields of the request body: without them no answer could be read."""


def is_name(value: Any) -> bool:
    """Whether a model is neither a file nor a repository to download from."""
    text = str(value)
    return not ("/" in text or "\\" in text or text.endswith(".gguf") or Path(text).exists())


class VllmSettings(Settings, group="vLLM, for --backend vllm"):
    """Arguments for vLLM's engine."""

    vllm_args: Annotated[
        dict[str, Any],
        "An argument for its engine, such as dtype=float16, max_model_len=8192, "
        "tensor_parallel_size=4, gpu_memory_utilization=0.8 or quantization=fp8; repeatable.",
    ] = opt(dict, "--vllm-arg", typed=list[str], parse=parse.engine_arguments, metavar="KEY=VALUE")


class BackendSettings(VllmSettings):
    """Which model answers, and where it runs."""

    backend: Annotated[
        Literal["auto", "openai", "embedded", "vllm"],
        "auto: an endpoint if one is configured, else the embedded model. vllm: in this process.",
    ] = opt("auto", env="SEAPO_BACKEND")
    base_url: Annotated[
        str | None, "OpenAI-compatible endpoint; its key is read from OPENAI_API_KEY only."
    ] = opt(None, env=["SEAPO_BASE_URL", "OPENAI_BASE_URL"], metavar="URL", parse=parse.given_text)
    model: Annotated[
        str | None,
        "The endpoint's model; a GGUF file or hub id for the embedded backend; a checkpoint's "
        "folder or hub id for vllm.",
    ] = opt(None, "--model", "-m", env="SEAPO_MODEL", metavar="NAME", harmless=is_name)
    api_key: str | None = field(default=None, repr=False)
    reasoning_effort: Annotated[
        str | None,
        "How long a reasoning model may think: none, minimal, low, medium, high, as it supports "
        "them.",
    ] = opt(None, env="SEAPO_REASONING_EFFORT", metavar="LEVEL")
    extra_body: Annotated[
        dict[str, Any],
        "Any field of the request body, VALUE as JSON or plain text; null omits it; repeatable.",
    ] = opt(dict, typed=list[str], parse=parse.json_values, metavar="KEY=VALUE")
    timeout: Annotated[float, "Timeout of one request, in seconds."] = opt(
        300.0, env="SEAPO_TIMEOUT", group=_REQUESTS, harmless=True, within=SECONDS
    )
    batch_out: Annotated[
        Path | None,
        "Send nothing: write the requests without an answer yet as OpenAI batches, FILE-00001"
        " and so on.",
    ] = opt(None, metavar="FILE", group=_BATCHES)
    batch_in: Annotated[
        tuple[str, ...],
        "Send nothing: take answers from these batch results, in any order; a quoted "
        "pattern, or repeated.",
    ] = opt((), metavar="FILE", group=_BATCHES)

    def check(self) -> None:
        if self.is_batch and self.backend not in ("auto", "openai"):
            raise UsageError(
                f"batches need an endpoint: not possible with --backend {self.backend}"
            )
        if taken := self.extra_body.keys() & _OWN_FIELDS:
            raise UsageError(f"--extra-body: {min(taken)!r} is set by seapo itself")
        if self.reasoning_effort:  # a short form
            effort = {"reasoning_effort": self.reasoning_effort}
            vars(self)["extra_body"] = effort | self.extra_body

    @property
    def address(self) -> str | None:
        """The base URL without user and password."""
        return self.base_url and _split_address(self.base_url)[1]

    @property
    def user(self) -> str | None:
        """The Authorization header built from user and password in the base URL."""
        user = self.base_url and _split_address(self.base_url)[0]
        return f"Basic {base64.b64encode(unquote(user).encode()).decode()}" if user else None

    def hide_secrets(self) -> None:
        """Have the key and the password masked in everything that leaves the process."""
        if self.api_key:
            hide(self.api_key.strip())
        if self.base_url:
            user, _ = _split_address(self.base_url)
            for secret in (user, user.partition(":")[2]):
                hide(unquote(secret))

    @property
    def is_batch(self) -> bool:
        return self.batch_out is not None or bool(self.batch_in)

    def chosen(self) -> str:
        """The backend to use: an endpoint if one is configured, else the embedded model."""
        if self.is_batch:
            return "batch"
        if self.backend != "auto":
            return self.backend
        names_file = self.model is not None and self.model.endswith(".gguf")
        return "openai" if (self.base_url or self.api_key) and not names_file else "embedded"


def default_store_path() -> Path:
    """Where answers are kept by default: the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "seapo" / "store.sqlite"


class StoreSettings(Settings, group=_REQUESTS):
    """Where answers are kept."""

    store: Annotated[
        Path | None, "Where answers are kept. [default: store.sqlite in the user's cache folder]"
    ] = opt(default_store_path, env="SEAPO_STORE", metavar="FILE")


class EngineSettings(StoreSettings, BudgetSettings, group=_REQUESTS):
    """How requests travel, and where answers are kept: with `store` None, nowhere."""

    concurrency: Annotated[
        int | None, "Maximum number of concurrent requests. [default: 64, embedded 4, vllm 256]"
    ] = opt(
        None,
        "--concurrency",
        "-c",
        env="SEAPO_CONCURRENCY",
        harmless=True,
        within=COUNT,
    )
    rpm: Annotated[int | None, "Maximum requests per minute, sent evenly."] = opt(
        None, env="SEAPO_RPM", harmless=True, within=COUNT
    )
    tpm: Annotated[int | None, "Maximum tokens per minute, of prompts (estimated) and answers."] = (
        opt(None, env="SEAPO_TPM", harmless=True, within=COUNT)
    )
    retries: Annotated[int, "How often a failed request is sent again."] = opt(
        5, env="SEAPO_RETRIES", harmless=True, ge=0
    )
    patience: Annotated[
        float, "Seconds to wait for a server that does not answer before giving up."
    ] = opt(120.0, env="SEAPO_PATIENCE", harmless=True, within=SECONDS)
    no_store: Annotated[bool, "Do not store answers."] = opt(False)

    def check(self) -> None:
        super().check()
        if self.no_store:
            vars(self)["store"] = None


def _split_address(url: str) -> tuple[str, str]:
    """User and password of a base URL, and the rest of it."""
    scheme, between, rest = url.strip().rpartition("://")
    host, slash, path = rest.partition("/")
    user, _, host = host.rpartition("@")
    return user, f"{scheme}{between}{host}{slash}{path}".rstrip("/")
