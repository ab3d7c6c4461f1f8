"""Options that several subcommands share, declared once as dataclasses of annotated fields.

`@expanded` turns a parameter of such a class into one option for each of its fields.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_type_hints

import typer

from seapo_cli.exceptions import UsageError

if TYPE_CHECKING:
    from seapo_cli.engine.files import Files
    from seapo_cli.engine.session import ModelUse
    from seapo_cli.engine.stage import Stage
    from seapo_cli.rows import Keys
    from seapo_cli.settings import BackendSettings, EngineSettings, VllmSettings


def option(*flags: str, env: str | list[str] | None = None, **details: Any) -> Any:
    """An option, with the environment variable(s) that set it."""
    return typer.Option(*flags, envvar=env, show_envvar=env is not None, **details)


@dataclass(frozen=True)
class FileOptions:
    """What every subcommand from JSONL to JSONL takes."""

    input: Annotated[
        str, typer.Argument(metavar="FILE", help="JSONL to read; - is stdin.", show_default=False)
    ] = "-"
    output: Annotated[
        str, option("--output", "-o", metavar="FILE", help="JSONL to write; - is stdout.")
    ] = "-"
    errors: Annotated[
        str | None,
        option(metavar="FILE", help="JSONL of failed rows: file, line, id, stage, reason, row."),
    ] = None
    summary: Annotated[
        Path | None, option(metavar="FILE", help="Write the closing summary as JSON.")
    ] = None
    max_errors: Annotated[
        int | None, option(min=0, help="Stop once more rows than this have failed.")
    ] = None
    prompt_key: Annotated[
        str | None,
        option(
            metavar="KEY",
            help="Key of the prompt. [default: prompt, instruction, question or messages]",
        ),
    ] = None
    response_key: Annotated[
        str | None,
        option(
            metavar="KEY",
            help="Key of the good answer. [default: response, output, answer, completion, chosen]",
        ),
    ] = None
    seed: Annotated[int, option(env="SEAPO_SEED", help="Seed of all draws and requests.")] = 0

    def keys(self, negative: str | None = None) -> Keys:
        """Names of the keys that hold prompt and answers."""
        from seapo_cli.rows import Keys

        return Keys(self.prompt_key, self.response_key, negative)

    def files(self, **more: Any) -> Files:
        """Where a run reads and writes; `more` are further fields of `Files`."""
        from seapo_cli.engine.files import Files

        errors = Path(self.errors) if self.errors else None
        return Files(self.input, self.output, errors, self.summary, **more)


@dataclass(frozen=True)
class VllmOptions:
    """The engine of `--backend vllm`."""

    tensor_parallel_size: Annotated[int | None, option(help="vllm: GPUs that share the model.")] = (
        None
    )
    dtype: Annotated[str | None, option(help="vllm: type of weights and activations.")] = None
    max_model_len: Annotated[int | None, option(help="vllm: most tokens of prompt and answer.")] = (
        None
    )
    gpu_memory_utilization: Annotated[
        float | None, option(help="vllm: share of the GPU's memory to take.")
    ] = None
    quantization: Annotated[str | None, option(help="vllm: how the weights are quantized.")] = None
    vllm_arg: Annotated[
        list[str] | None,
        option(metavar="KEY=VALUE", help="vllm: any other engine argument; repeatable."),
    ] = None

    def vllm_settings(self) -> VllmSettings:
        """What the engine is given.

        Raises:
            UsageError: a value is wrong.
        """
        from seapo_cli.settings import VllmSettings, parse_vllm_args

        return VllmSettings.checked(
            tensor_parallel_size=self.tensor_parallel_size,
            dtype=self.dtype,
            max_model_len=self.max_model_len,
            gpu_memory_utilization=self.gpu_memory_utilization,
            quantization=self.quantization,
            others=parse_vllm_args(self.vllm_arg or ()),
        )


@dataclass(frozen=True)
class ModelOptions(VllmOptions):
    """Which model answers, and how requests travel: for stages that ask one."""

    backend: Annotated[
        Literal["auto", "openai", "embedded", "vllm"],
        option(
            env="SEAPO_BACKEND",
            help="auto: an endpoint if one is configured, else the embedded model. "
            "vllm: in this process.",
        ),
    ] = "auto"
    base_url: Annotated[
        str | None,
        option(
            env=["SEAPO_BASE_URL", "OPENAI_BASE_URL"],
            metavar="URL",
            help="OpenAI-compatible endpoint; its key comes from OPENAI_API_KEY only.",
        ),
    ] = None
    model: Annotated[
        str | None,
        option(
            "--model",
            "-m",
            env="SEAPO_MODEL",
            metavar="NAME",
            help="The endpoint's model; a GGUF file or hub id for the embedded backend; "
            "a checkpoint's folder or hub id for vllm.",
        ),
    ] = None
    reasoning_effort: Annotated[
        str | None,
        option(
            env="SEAPO_REASONING_EFFORT",
            metavar="LEVEL",
            help="How long a model that thinks may think: none, minimal, low, medium, high, as it "
            "knows them.",
        ),
    ] = None
    extra_body: Annotated[
        list[str] | None,
        option(
            metavar="KEY=VALUE",
            help="Any field of the request's body, VALUE in JSON or plain; null leaves one out; "
            "repeatable.",
        ),
    ] = None
    timeout: Annotated[float, option(env="SEAPO_TIMEOUT", help="Seconds for one request.")] = 300.0
    concurrency: Annotated[
        int | None,
        option(
            "--concurrency",
            "-c",
            env="SEAPO_CONCURRENCY",
            help="Most requests open at once. [default: 64, embedded 4, vllm 256]",
        ),
    ] = None
    retries: Annotated[
        int, option(env="SEAPO_RETRIES", help="Times a request is sent again after a failure.")
    ] = 5
    patience: Annotated[
        float,
        option(env="SEAPO_PATIENCE", help="Seconds until a server without answers is given up."),
    ] = 120.0
    store: Annotated[
        Path | None,
        option(
            env="SEAPO_STORE",
            metavar="FILE",
            help="Where answers are kept. [default: store.sqlite in the user's cache folder]",
        ),
    ] = None
    no_store: Annotated[bool, option("--no-store", help="Keep no answers.")] = False
    price_in: Annotated[
        float | None, option(help="Price of a million prompt tokens, for the summary's cost.")
    ] = None
    price_out: Annotated[float | None, option(help="Price of a million completion tokens.")] = None

    def backend_settings(self, **batch: Any) -> BackendSettings:
        """Which model, and where.

        Raises:
            UsageError: a value is wrong.
        """
        import os

        from seapo_cli.settings import BackendSettings, parse_extra_body

        return BackendSettings.checked(
            backend=self.backend,
            base_url=self.base_url or None,
            model=self.model,
            api_key=os.environ.get("OPENAI_API_KEY") or None,
            timeout=self.timeout,
            extra_body=parse_extra_body(self.extra_body or (), self.reasoning_effort),
            vllm=self.vllm_settings(),
            **batch,
        )

    def use(self) -> ModelUse:
        """Both together: which model a stage asks, and how.

        Raises:
            UsageError: a value is wrong.
        """
        from seapo_cli.engine.session import ModelUse

        return ModelUse(self.backend_settings(), self.engine_settings())

    def engine_settings(self) -> EngineSettings:
        """Concurrency, retries, store, prices.

        Raises:
            UsageError: a value is wrong.
        """
        from seapo_cli.settings import EngineSettings

        places: dict[str, Any] = {} if self.store is None else {"store": self.store}
        if self.no_store:
            places = {"store": None}
        return EngineSettings.checked(
            concurrency=self.concurrency,
            retries=self.retries,
            patience=self.patience,
            price_in=self.price_in,
            price_out=self.price_out,
            **places,
        )


@dataclass(frozen=True)
class BatchOptions(ModelOptions):
    """The same, for stages whose requests may also go out as offline batches."""

    batch_out: Annotated[
        Path | None,
        option(
            metavar="FILE",
            help="Send nothing: write the requests that have no answer yet as OpenAI batches, "
            "FILE-00001 and so on.",
        ),
    ] = None
    batch_in: Annotated[
        list[str] | None,
        option(
            metavar="FILE",
            help="Send nothing: take answers from these results of batches, in any order; "
            "a quoted pattern, or repeated.",
        ),
    ] = None

    def backend_settings(self, **batch: Any) -> BackendSettings:
        """Which model, and where; or the files of a batch."""
        given = {"batch_out": self.batch_out, "batch_in": tuple(self.batch_in or ())}
        return super().backend_settings(**given | batch)


def run(
    stage: Stage,
    options: FileOptions,
    model: ModelOptions | None = None,
    *,
    files: Files | None = None,
    keys: Keys | None = None,
) -> None:
    """Run a stage, with the model that it asks if it asks one; exits with 3 if rows failed.

    Raises:
        SeapoError: the run could not be finished.
    """
    from seapo_cli.engine.run import run_stage

    use = model.use() if model and stage.asks_model else None
    files, keys = files or options.files(), keys or options.keys()
    if run_stage(stage, files, keys, use, options.max_errors).rows_failed:
        raise typer.Exit(3)


def listed(values: list[str] | None) -> tuple[str, ...]:
    """The values of an option that is repeated or takes several with commas.

    A file whose name has a comma is one value.
    """
    whole = (
        [value] if "," not in value or Path(value).exists() else value.split(",")
        for value in values or ()
    )
    return tuple(part.strip() for parts in whole for part in parts if part.strip())


def need_input(context: typer.Context, name: str) -> None:
    """Show the help and exit with 2 where somebody typed the bare command at a terminal."""
    if name == "-" and sys.stdin is not None and sys.stdin.isatty():
        print(context.get_help(), file=sys.stderr)
        raise typer.Exit(2)
    # A URL is looked up when it is opened.
    if not (name == "-" or "://" in name or Path(name).exists()):
        raise UsageError(f"{name}: no such file")


def expanded(command: Callable[..., None]) -> Callable[..., None]:
    """Replace parameters that are option classes by their fields, in the command's signature."""
    hints = get_type_hints(command, include_extras=True)
    own = inspect.signature(command).parameters.values()
    groups = {p.name: hints[p.name] for p in own if is_dataclass(hints[p.name])}
    parameters: list[inspect.Parameter] = []
    for parameter in own:
        if parameter.name in groups:
            parameters += _parameters_of(groups[parameter.name])
        else:
            parameters.append(parameter.replace(annotation=hints[parameter.name]))

    @wraps(command)
    def call(**values: Any) -> None:
        for name, group in groups.items():
            values[name] = group(**{f.name: values.pop(f.name) for f in fields(group)})
        command(**values)

    keyword = inspect.Parameter.KEYWORD_ONLY
    call.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [p.replace(kind=keyword) for p in parameters]
    )
    call.__annotations__ = {p.name: p.annotation for p in parameters}
    return call


def _parameters_of(group: Any) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    keyword = inspect.Parameter.KEYWORD_ONLY
    classes = [vars(kind).get("__annotations__", ()) for kind in group.__mro__]
    own_first = sorted(
        fields(group), key=lambda f: next(n for n, names in enumerate(classes) if f.name in names)
    )
    return [
        inspect.Parameter(f.name, keyword, default=f.default, annotation=hints[f.name])
        for f in own_first
    ]
