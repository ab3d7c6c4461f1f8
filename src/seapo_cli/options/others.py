"""Options of the commands that look on or keep something running: audit, eval, show, serve."""

from __future__ import annotations

from typing import Literal

from seapo_cli.options.inject import ERROR_TYPES
from seapo_cli.options.model import VllmSettings, model_option
from seapo_cli.options.option import COUNT, Settings, argument, opt
from seapo_cli.options.rows import ROWS, Seeded, Summarised


class AuditSettings(Summarised, Seeded):
    """What `audit` looks at."""

    inputs: tuple[str, ...] = argument(
        default=("-",),
        metavar="FILE...",
        help="Pairs of any format that `pair` writes, or rows of inject or filter; - is stdin.",
    )
    output: str = opt(
        "--output", "-o", default="-", metavar="FILE", help="JSON to write; - is stdout."
    )
    fail_above: float | None = opt(
        default=None,
        ge=0.5,
        le=1,
        help="Exit with 1 if all pairs, or those of one type or source, are told apart more "
        "often than this, and than chance gives.",
    )
    max_pairs: int = opt(
        default=20_000,
        harmless=True,
        within=COUNT,
        help="Of more, pairs of prompts drawn by hash are audited.",
    )


class EvalSettings(Summarised, Seeded):
    """What `eval` measures, and where it writes."""

    tasks: tuple[str, ...] = argument(
        default=("-",),
        metavar="TASK...",
        help="truthfulqa_mc1, truthfulqa_mc2, truthfulqa_binary, arc_challenge, "
        "commonsense_qa, openbook_qa, gsm8k, humaneval, mbpp, ifeval; lm-eval:NAME of "
        "lm-evaluation-harness; or a file of pairs of any format; - is stdin.",
    )
    output: str = opt(
        "--output", "-o", default="-", metavar="FILE", help="JSONL of results; - is stdout."
    )
    models: tuple[str, ...] = model_option(
        default=(),
        env=(),
        help="A checkpoint's folder, a GGUF file, a hub id, or the endpoint's model; "
        "repeatable. [default: the endpoint's, or the packaged one]",
    )
    data: tuple[str, ...] = opt(
        default=(),
        metavar="DIR",
        help="Folder with the tasks' data, or NAME=FILE; repeatable. Nothing is fetched.",
    )
    compare: bool = opt(
        default=False, help="Compare each further model with the first, item by item."
    )
    cluster: str | None = opt(
        default=None,
        metavar="KEY",
        help="Key of rows of pairs that belong together. [default: those of one prompt]",
    )
    limit: int | None = opt(default=None, within=COUNT, help="Take only so many items of a task.")
    max_tokens: int = opt(
        default=1024, harmless=True, within=COUNT, help="Token limit of a written answer."
    )
    errors: str | None = opt(
        default=None,
        metavar="FILE",
        group=ROWS,
        help="JSONL of failed items: file, line, id, stage, reason, row.",
    )
    max_errors: int | None = opt(
        default=None,
        group=ROWS,
        harmless=True,
        ge=0,
        help="Stop once more items than this have failed.",
    )


class ShowSettings(Settings):
    """What `show` shows."""

    input: str = argument(default="-", metavar="FILE", help="JSONL to show; - is stdin.")
    error_type: str | None = opt(
        "--type",
        "-t",
        default=None,
        metavar="TYPE",
        harmless=True,
        complete=ERROR_TYPES,
        help="Only mistakes of this type.",
    )
    most: int | None = opt(
        "--n", "-n", default=None, harmless=True, within=COUNT, help="Most rows to show."
    )


class ServeSettings(VllmSettings):
    """What `serve` keeps running."""

    model: str | None = model_option(
        env="SEAPO_MODEL",
        help="A GGUF file or hub id; for vllm a checkpoint's folder or hub id. "
        "[default: the packaged model]",
    )
    port: int = opt(
        default=8000, ge=0, le=65535, help="Where to listen on this machine; 0: any free port."
    )
    backend: Literal["embedded", "vllm"] = opt(
        default="embedded", help="What runs the model: llama.cpp or vLLM."
    )
