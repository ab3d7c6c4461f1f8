"""`seapo train`: options to settings, then the training program takes this process's place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from seapo_cli.cli.command import expanded
from seapo_cli.cli.runner import need_input
from seapo_cli.exceptions import UsageError
from seapo_cli.extras import need
from seapo_cli.options import TrainInputs, TrainSettings

SETTINGS_FILE = "train_settings.json"


WRITTEN = (
    *(SETTINGS_FILE, "train_metrics.jsonl", "errors.jsonl", "displaced.jsonl", "README.md"),
    *("config.json", "generation_config.json", "adapter_config.json", "model.safetensors"),
    *("model.safetensors.index.json", "adapter_model.safetensors", "model.gguf"),
    *("tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "special_tokens_map.json"),
    *("added_tokens.json", "vocab.json", "merges.txt", "tokenizer.model"),
)
"""Files in the output folder whose names other programs may use as well."""


@expanded
def train(inputs: TrainInputs, settings: TrainSettings) -> None:
    """Train a model on pairs: any format of `seapo pair`, or rows from `seapo inject`.

    seapo train pairs.jsonl --output-dir out --eval-split 0.1
    """
    for name in inputs.files:
        need_input(name)
    copied = str(settings.output_dir / "pairs.jsonl")
    files = tuple(Path(copied if name == "-" else name) for name in inputs.files)
    settings = replace(settings, files=files, model=model_path(settings.model))
    _refuse_equal(settings, inputs.files)
    _need_extra(settings.model)
    if settings.gguf:
        from seapo_cli.training.gguf import find_converter

        find_converter()
    _start(settings, keep_stdin="-" in inputs.files)


def _refuse_equal(settings: TrainSettings, names: Sequence[str]) -> None:
    """Check that training overwrites neither its inputs nor files of anyone else.

    Raises:
        UsageError: it would.
    """
    from seapo_cli.io.same_files import reads, refuse_equal, writes

    folder = settings.output_dir
    own = [*WRITTEN, *(["pairs.jsonl"] if "-" in names else [])]
    there = [name for name in own if (folder / name).exists()]
    if there and not (folder / SETTINGS_FILE).exists():
        raise UsageError(
            f"--output-dir: {folder} has a {there[0]} that seapo train did not write: use another"
        )
    written = [place for name in own for place in writes("--output-dir", folder / name)]
    written += writes("--pair-scores", settings.pair_scores)
    read = [*reads("", names), *reads("--model", [settings.model])]
    read += reads("--eval-file", [settings.eval_file] if settings.eval_file else [])
    read += reads("--chat-template", [settings.chat_template] if settings.chat_template else [])
    refuse_equal(read, [*written, *writes("stdout", "-")])


def model_path(name: str) -> str:
    """What transformers loads: the packaged model's file where none is named."""
    from seapo_cli.backends.models import find_model

    return str(find_model(name or None)) if not name or name.endswith(".gguf") else name


def _need_extra(model: str) -> None:
    gguf = ("gguf",) if model.endswith(".gguf") else ()
    need("training", "train", "torch", "transformers", "peft", *gguf)


def _start(settings: TrainSettings, keep_stdin: bool) -> None:
    """Write the settings into the output folder and become the training program."""
    import os
    import shutil
    import sys

    from orjson import OPT_APPEND_NEWLINE, OPT_INDENT_2, dumps

    from seapo_cli.io.whole_files import whole_file, write_whole

    folder = settings.output_dir
    file = folder / SETTINGS_FILE
    try:
        data = dumps(settings.dump(), option=OPT_INDENT_2 | OPT_APPEND_NEWLINE)
    except TypeError:  # orjson's
        raise UsageError("train: a file name is not valid UTF-8: rename the file") from None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if keep_stdin:
            # Several processes read it, and a resumed run reads it again.
            with whole_file(folder / "pairs.jsonl") as copy:
                shutil.copyfileobj(sys.stdin.buffer, copy)
    except OSError as error:
        raise UsageError(f"--output-dir: {folder}: {error.strerror}") from None
    write_whole(file, data)
    command = [sys.executable, "-m", "seapo_cli.training", str(file)]
    os.execv(sys.executable, command)
