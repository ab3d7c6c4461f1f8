"""Settings of the stages, validated in one place; the CLI, files and library all end here."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from seapo_cli.exceptions import UsageError
from seapo_cli.text.safe import hide

Count = Annotated[int, Field(ge=1, lt=2**31)]
"""A number of things; what servers and JSON can hold."""
Seed = Annotated[int, Field(ge=-(2**63), lt=2**63)]
Seconds = Annotated[float, Field(gt=0, le=10_000_000)]
"""Up to 115 days: clocks and servers cannot wait for ever."""


def first_problem(error: ValidationError) -> tuple[str, str]:
    """Where and what the first problem is; the place is empty where it lies between fields."""
    first = error.errors(include_url=False)[0]
    return ".".join(map(str, first["loc"])), first["msg"].removeprefix("Value error, ")


def is_utf8(value: object) -> bool:
    """Whether text, or all text in lists and mappings, can be written as UTF-8.

    Bytes of a command line that are not UTF-8 come as lone surrogates.
    """
    if isinstance(value, str):
        return not any("\ud800" <= character <= "\udfff" for character in value)
    if isinstance(value, dict):
        return all(is_utf8(part) for pair in value.items() for part in pair)
    return not isinstance(value, list | tuple) or all(map(is_utf8, value))


class Settings(BaseModel):
    """Base of all settings: immutable, unknown names and values that are not finite rejected.

    Raises:
        UsageError: a value is wrong; names the option and what it accepts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    if not TYPE_CHECKING:  # to a type checker, the fields are the arguments

        def __init__(self, /, **values: Any) -> None:
            for name, value in values.items():
                if not is_utf8(value):
                    raise UsageError(f"{self.option_of(name)}: not valid UTF-8")
            try:
                super().__init__(**values)
            except ValidationError as error:
                where, text = first_problem(error)
                if error.errors()[0]["type"] == "extra_forbidden":
                    fields = ", ".join(type(self).model_fields) or "none"
                    text = f"no such option; there are: {fields}"
                raise UsageError(f"{self.option_of(where)}: {text}" if where else text) from None

    @classmethod
    def option_of(cls, field: str) -> str:
        """How a user names a field: the option of the command line."""
        return f"--{field.replace('_', '-').replace('.', '-')}"

    @classmethod
    def checked(cls, **values: Any) -> Self:
        """Build from outside values, whose types are not known.

        Raises:
            UsageError: a value is wrong; names the option and what it accepts.
        """
        return cls(**values)


class VllmSettings(Settings):
    """Arguments of vLLM's engine; None leaves one to vLLM."""

    tensor_parallel_size: Count | None = None
    dtype: str | None = None
    max_model_len: Count | None = None
    gpu_memory_utilization: float | None = Field(default=None, gt=0, le=1)
    quantization: str | None = None
    others: dict[str, Any] = Field(default_factory=dict)
    """By the names of vLLM's own engine arguments."""

    def arguments(self) -> dict[str, Any]:
        """All that are set, by vLLM's names."""
        return self.model_dump(exclude={"others"}, exclude_none=True) | self.others


_OWN_FIELDS = {"model", "messages", "n", "stream", "prompt_logprobs"}
"""Of a request's body: without them no answer could be read."""


class BackendSettings(Settings):
    """Which model answers, and where it runs."""

    backend: Literal["auto", "openai", "embedded", "vllm"] = "auto"
    base_url: str | None = None
    model: str | None = None
    api_key: SecretStr | None = None
    timeout: Seconds = 300.0
    """Seconds for one request, connection to last byte."""
    extra_body: dict[str, Any] = Field(default_factory=dict)
    """Further fields of each request's body; None leaves out one that seapo would send."""
    vllm: VllmSettings = VllmSettings()
    batch_out: Path | None = None
    """Where requests go instead of to a model: numbered files of this name."""
    batch_in: tuple[str, ...] = ()
    """Files, or patterns of them, with the answers of earlier batches."""

    @model_validator(mode="after")
    def _batches_are_for_endpoints(self) -> Self:
        if self.is_batch and self.backend not in ("auto", "openai"):
            raise ValueError(f"batches are for endpoints: not with --backend {self.backend}")
        return self

    @model_validator(mode="after")
    def _body_is_ours(self) -> Self:
        if taken := self.extra_body.keys() & _OWN_FIELDS:
            raise ValueError(f"--extra-body: {min(taken)!r} is set by seapo itself")
        return self

    @property
    def address(self) -> str | None:
        """The base URL, without user and password."""
        return self.base_url and _split_address(self.base_url)[1]

    @property
    def user(self) -> SecretStr | None:
        """The Authorization header that user and password in the base URL make."""
        user = self.base_url and _split_address(self.base_url)[0]
        if not user:
            return None
        return SecretStr(f"Basic {base64.b64encode(unquote(user).encode()).decode()}")

    def hide_secrets(self) -> None:
        """Have the key and the password masked in all that leaves the process."""
        if self.api_key:
            hide(self.api_key.get_secret_value().strip())
        if self.base_url:
            user, _ = _split_address(self.base_url)
            for secret in (user, user.partition(":")[2]):
                hide(unquote(secret))

    @property
    def is_batch(self) -> bool:
        return self.batch_out is not None or bool(self.batch_in)

    def chosen(self) -> str:
        """The backend to use: an endpoint where one is configured, else the embedded model."""
        if self.is_batch:
            return "batch"
        if self.backend != "auto":
            return self.backend
        names_file = self.model is not None and self.model.endswith(".gguf")
        return "openai" if (self.base_url or self.api_key) and not names_file else "embedded"


class EngineSettings(Settings):
    """How requests travel and where answers are kept."""

    concurrency: Count | None = None
    """Most requests open at once; None takes the backend's own default."""
    retries: int = Field(default=5, ge=0)
    """How often one request is sent again after a failure that may pass."""
    patience: Seconds = 120.0
    """Seconds without one success after which a struggling server is given up."""
    store: Path | None = Field(default_factory=lambda: default_store_path())
    """The request store; None keeps nothing."""
    price_in: float | None = Field(default=None, ge=0)
    price_out: float | None = Field(default=None, ge=0)
    """Price of a million prompt / completion tokens, for the summary's cost."""


class RaySettings(Settings):
    """Where shards are worked on."""

    address: str | None = None
    """Of a running cluster; None starts Ray on this machine."""
    workers: Count | None = None
    """None takes as many as there are cores, or GPUs where workers hold some."""
    gpus_per_worker: float = Field(default=0.0, ge=0)


class SampleSettings(Settings):
    """What `sample` asks for."""

    n: Count = 1
    temperature: float | None = Field(default=None, ge=0)
    top_p: float | None = Field(default=None, gt=0, le=1)
    max_tokens: Count = 1024
    seed: Seed = 0
    stop: tuple[str, ...] = ()
    system: str | None = None
    truncated: Literal["drop", "keep"] = "drop"
    """What becomes of an answer cut by the token limit."""
    logprobs: bool = False
    """Keep each answer's log-probability."""


class InjectSettings(Settings):
    """Which mistakes `inject` makes, and how."""

    error_types: tuple[str, ...] = ()
    """Names, aliases or files; one negative per row and type."""
    mix: dict[str, float] = Field(default_factory=dict)
    """Weights by type: one type is drawn per row. Excludes `error_types`."""
    mode: str = "auto"
    """A name in `mistakes/modes.py`; `auto`: `propose` where a trial shows that the model can, else
    `menu`."""
    edits: Count = 1
    severity: Literal["subtle", "moderate", "severe"] = "moderate"
    attempts: Count = 5
    seed: Seed = 0
    max_tokens: Count = 1024
    """Token limit of the answer that a row without a response gets first."""

    @model_validator(mode="after")
    def _one_way_to_choose(self) -> Self:
        if self.error_types and self.mix:
            raise ValueError("--error-type and --mix exclude each other: take one")
        if not self.error_types and not self.mix:
            raise ValueError("no error type: name one with --error-type (see `seapo types`)")
        _check_weights(self.mix)
        return self


class PairSettings(Settings):
    """Which pairs `pair` makes, and in which format."""

    format: str = "trl-chat"
    """A name in `formats/`."""
    strategy: Literal["random", "all", "hardest", "vanilla"] = "random"
    positive: Literal["given", "score", "logprob", "judge"] = "given"
    """`given` takes every answer; the others the best answer of each prompt."""
    score_key: str = "score"
    """Key of an answer's score; dots lead into objects."""
    closeness: Literal["similarity", "plausibility"] = "similarity"
    """What makes a negative hard: its text, or how likely a model finds it."""
    order: Literal["input", "easy-to-hard"] = "input"
    mix: dict[str, float] = Field(default_factory=dict)
    """Weights by error type, held over all pairs."""
    balance: Literal["type", "length"] | None = None
    """type: as many pairs of each as the scarcest allows; length: the shorter side is right in half
    of each type's pairs."""
    per_prompt: Count | None = None
    max_pairs: Count | None = None
    """Most pairs in all, those for evaluation not counted."""
    eval_split: float = Field(default=0.0, ge=0, lt=1)
    """Share of the prompts that is kept for evaluation."""
    decontaminate: tuple[Path, ...] = ()
    """Evaluation sets whose prompts must not be trained on."""
    group: bool = False
    """One row for each answer, with all its negatives: seapo's own format in place of `format`."""
    spans: bool = False
    """Add `chosen_spans` and `rejected_spans`: what differs, in characters of each answer."""
    provenance: bool = False
    """Keep `id`, `error_type`, `sample`, `error` and `checks` beside each format's own keys."""
    seed: Seed = 0

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.mix and self.balance:
            raise ValueError("--mix and --balance exclude each other: take one")
        _check_weights(self.mix)
        if self.group and self.format != type(self).model_fields["format"].default:
            raise ValueError("--group has a format of its own: leave --format out")
        if self.group and self.strategy != "all":
            raise ValueError("--group needs --strategy all: else an answer has one negative")
        if self.strategy == "vanilla":
            if self.positive == "given":
                raise ValueError(
                    "--strategy vanilla ranks answers: say how with --positive score, logprob "
                    "or judge"
                )
            if self.mix or self.balance:
                raise ValueError("--strategy vanilla has no error types for --mix or --balance")
            if self.closeness == "plausibility":
                raise ValueError("--closeness plausibility is known of negatives only, not answers")
        return self

    @property
    def ranks_by_plausibility(self) -> bool:
        """Whether every row needs a plausibility."""
        ranks = self.strategy == "hardest" or self.order == "easy-to-hard"
        return ranks and self.closeness == "plausibility"

    @property
    def selects(self) -> bool:
        """Whether which pairs are made depends on all others."""
        return bool(self.mix or self.balance or self.max_pairs)


class FilterSettings(Settings):
    """Which checks `filter` runs, and with which options."""

    preset: Literal["none", "default", "strict"] = "default"
    checks: tuple[str, ...] = ()
    """Names of checks to run besides those of the preset."""
    without: tuple[str, ...] = ()
    """Names of checks of the preset that do not run."""
    options: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Values of options, by check and name."""


def _split_address(url: str) -> tuple[str, str]:
    """User and password of a base URL, and the rest of it."""
    scheme, between, rest = url.strip().rpartition("://")
    host, slash, path = rest.partition("/")
    user, _, host = host.rpartition("@")
    return user, f"{scheme}{between}{host}{slash}{path}".rstrip("/")


def default_store_path() -> Path:
    """Where answers are kept unless said otherwise: the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "seapo" / "store.sqlite"


def _check_weights(mix: dict[str, float]) -> None:
    good = all(weight >= 0 and isfinite(weight) for weight in mix.values())
    if not good or (mix and not sum(mix.values())):
        raise ValueError("--mix: weights must be numbers from 0 on, and not all zero")


def parse_mix(text: str) -> dict[str, float]:
    """Read `factual=2,logical=1` as weights by type."""
    weights: dict[str, float] = {}
    for part in text.split(","):
        name, equals, weight = part.partition("=")
        try:
            weights[name.strip()] = float(weight) if equals else 1.0
        except ValueError:
            raise UsageError(f"--mix: {part!r} is not NAME=WEIGHT") from None
    return weights


def parse_vllm_args(texts: Iterable[str]) -> dict[str, Any]:
    """Read `enforce_eager=true` and the like."""
    found = _key_values(texts, "--vllm-arg")
    return {name.lstrip("-").replace("-", "_"): value for name, value in found.items()}


def parse_extra_body(texts: Iterable[str], reasoning_effort: str | None = None) -> dict[str, Any]:
    """Read `top_k=20` and the like; `--reasoning-effort` is a short form of one of them."""
    effort = {"reasoning_effort": reasoning_effort} if reasoning_effort else {}
    return effort | _key_values(texts, "--extra-body")


def _key_values(texts: Iterable[str], option: str) -> dict[str, Any]:
    """Read `KEY=VALUE`: values in JSON, else as plain text."""
    values: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"{option}: {text!r} is not KEY=VALUE")
        try:
            values[name.strip()] = json.loads(value, parse_constant=_no_number)
        except (ValueError, RecursionError):
            values[name.strip()] = value
    return values


def _no_number(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity are not JSON


def parse_options(texts: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Read `similarity.min=0.5` and the like as values by check and option."""
    options: dict[str, dict[str, Any]] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        check, dot, option = name.strip().partition(".")
        if not (equals and dot and check and option):
            raise UsageError(f"--set: {text!r} is not CHECK.OPTION=VALUE")
        options.setdefault(check, {})[option.replace("-", "_")] = value.strip()
    return options
