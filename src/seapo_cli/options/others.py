"""Options of the commands that inspect or serve: audit, doctor, eval, report, show, serve."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from seapo_cli.options.inject import ERROR_TYPES
from seapo_cli.options.model import VllmSettings, is_name
from seapo_cli.options.option import COUNT, Settings, argument, opt
from seapo_cli.options.rows import ROWS, Seeded, Summarised
from seapo_cli.options.train import TokenSettings


class AuditSettings(Summarised, Seeded):
    """What `audit` looks at."""

    inputs: Annotated[
        tuple[str, ...],
        "Pairs in any format that `pair` writes, or rows from inject or filter; - is stdin.",
    ] = argument(("-",), metavar="FILE...")
    output: Annotated[str, "JSON to write; - is stdout."] = opt(
        "-", "--output", "-o", metavar="FILE", is_path=True, written=True
    )
    fail_above: Annotated[
        float | None,
        "Exit with 1 if all pairs, or those of one type or source, are told apart more often "
        "than this and than chance explains.",
    ] = opt(None, ge=0.5, le=1)
    max_pairs: Annotated[
        int, "If there are more, audit the pairs of a sample of prompts, drawn by hash."
    ] = opt(20_000, harmless=True, within=COUNT)


class DoctorSettings(TokenSettings):
    """What `doctor` looks at."""

    inputs: Annotated[tuple[str, ...], "JSONL that the trainer is to read; - is stdin."] = argument(
        ("-",), metavar="FILE..."
    )
    trainer: Annotated[
        Literal["seapo", "trl", "axolotl", "openrlhf", "llamafactory"] | None,
        "Who is to read it. [default: the only one that reads the format, else seapo]",
    ] = opt(None, harmless=True)
    figures: Annotated[
        str | None, "Write all figures as JSON; - is stdout, and then the page goes to stderr."
    ] = opt(None, "--json", metavar="FILE", is_path=True, written=True)


class EvalSettings(Summarised, Seeded):
    """What `eval` measures, and where it writes."""

    tasks: Annotated[
        tuple[str, ...],
        "truthfulqa_mc1, truthfulqa_mc2, truthfulqa_binary, arc_challenge, commonsense_qa, "
        "openbook_qa, gsm8k, humaneval, mbpp, ifeval; lm-eval:NAME of lm-evaluation-harness; or"
        " a file of pairs in any format; - is stdin.",
    ] = argument(("-",), metavar="TASK...")
    output: Annotated[str, "JSONL of results; - is stdout."] = opt(
        "-", "--output", "-o", metavar="FILE", is_path=True, written=True
    )
    models: Annotated[
        tuple[str, ...],
        "A checkpoint's folder, a GGUF file, a hub id, or the endpoint's model; repeatable. "
        "[default: the endpoint's, or the packaged one]",
    ] = opt((), "--model", "-m", metavar="NAME", harmless=is_name)
    data: Annotated[
        tuple[str, ...],
        "Folder with the tasks' data, or NAME=FILE; repeatable. Nothing is downloaded.",
    ] = opt((), metavar="DIR", is_path=True)
    compare: Annotated[bool, "Compare each further model with the first, item by item."] = opt(
        False
    )
    cluster: Annotated[
        str | None, "Key whose value is shared by pairs that belong together. [default: the prompt]"
    ] = opt(None, metavar="KEY")
    limit: Annotated[int | None, "Use only this many items of a task."] = opt(None, within=COUNT)
    max_tokens: Annotated[int, "Token limit of a written answer."] = opt(
        1024, harmless=True, within=COUNT
    )
    errors: Annotated[str | None, "JSONL of failed items: file, line, id, stage, reason, row."] = (
        opt(None, metavar="FILE", group=ROWS, is_path=True, written=True)
    )
    max_errors: Annotated[int | None, "Stop once more items than this have failed."] = opt(
        None, group=ROWS, harmless=True, ge=0
    )


class ReportSettings(Settings):
    """What `report` shows."""

    inputs: Annotated[
        tuple[str, ...],
        "Rows of any stage, pairs, --errors and --summary files, audits, metrics of train, results "
        "of eval, recognized by their content; - is stdin.",
    ] = argument(("-",), metavar="FILE...")
    output: Annotated[
        str | None, "HTML to write; - is stdout. [default: -, or none with --png]"
    ] = opt(None, "--output", "-o", metavar="FILE", is_path=True, written=True)
    png: Annotated[Path | None, "Write the figures as PNG files as well."] = opt(
        None, metavar="FOLDER", written=True
    )
    title: Annotated[str, "Title of the page."] = opt("seapo report")
    max_rows: Annotated[
        int,
        "If there are more, show the rows of a sample of prompts, drawn by hash; all are counted.",
    ] = opt(10_000, within=COUNT)
    price_in: Annotated[
        float | None, "Price per million prompt tokens, for the cost of the rows."
    ] = opt(None, harmless=True, ge=0)
    price_out: Annotated[float | None, "Price per million completion tokens."] = opt(
        None, harmless=True, ge=0
    )


class ShowSettings(Settings):
    """What `show` shows."""

    input: Annotated[str, "JSONL to show; - is stdin."] = argument("-", metavar="FILE")
    error_type: Annotated[str | None, "Only mistakes of this type."] = opt(
        None, "--type", "-t", metavar="TYPE", harmless=True, complete=ERROR_TYPES
    )
    most: Annotated[int | None, "Maximum number of rows to show."] = opt(
        None, "--n", "-n", harmless=True, within=COUNT
    )


class ServeSettings(VllmSettings):
    """What `serve` keeps running."""

    model: Annotated[
        str | None,
        "A GGUF file or hub id; for vllm a checkpoint's folder or hub id. [default: the "
        "packaged model]",
    ] = opt(None, "--model", "-m", env="SEAPO_MODEL", metavar="NAME", harmless=is_name)
    port: Annotated[int, "Port to listen on, on this machine; 0: any free port."] = opt(
        8000, ge=0, le=65535
    )
    backend: Annotated[Literal["embedded", "vllm"], "What runs the model: llama.cpp or vLLM."] = (
        opt("embedded")
    )
