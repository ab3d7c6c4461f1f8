"""A dataset in a folder: data and card, whole files only, and nothing of anybody else's touched."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from seapo_cli.exceptions import SeapoError, UsageError
from seapo_cli.hub.card import card, is_ours, listed_files
from seapo_cli.hub.data import Data, read_splits
from seapo_cli.io.folders import shown, whole_folder
from seapo_cli.io.jsonl import Output
from seapo_cli.io.same_files import reads, refuse_equal, writes
from seapo_cli.io.whole_files import write_whole
from seapo_cli.options import PushSettings
from seapo_cli.report.inputs import Inputs, read

CARD = "README.md"
_DRAWN = 10_000
"""Rows that are looked at for models, wordings and seeds; all are counted."""


def write_folder(settings: PushSettings) -> tuple[Data, Inputs]:
    """Write data and card.

    Raises:
        UsageError: a file cannot be read, is another one of this run, or is not seapo's to replace.
        SeapoError: a file cannot be written.
    """
    data = Data(read_splits(settings.inputs))
    files = [file for some in data.splits.values() for file in some]
    folder = settings.to
    written = [folder / name for name in (*data.files.values(), CARD)]
    for path in written:
        refuse_equal(reads("", [*files, *settings.about]), writes("--to", path))
    _need_ours(folder, list(data.files.values()))
    data.gather()
    inputs = read([*files, *settings.about], _DRAWN)
    text = card(settings, data, inputs)
    try:
        with whole_folder(folder / "data") as part:
            for split, file in data.files.items():
                with Output(str(part / Path(file).name), "--to") as output:
                    data.write(split, output)
            # The card comes just before the files: it says that they are seapo's to replace.
            write_whole(folder / CARD, text)
    except OSError as error:
        raise SeapoError(f"--to {shown(folder)}: cannot write: {error.strerror}") from None
    return data, inputs


def _need_ours(folder: Path, data_files: Sequence[str]) -> None:
    """Check that what would be replaced was written by an earlier push.

    Raises:
        UsageError: it was not.
    """
    path = folder / CARD
    try:
        old = path.read_text(errors="replace") if path.exists() else ""
    except OSError as error:
        raise UsageError(f"{shown(path)}: {error.strerror}") from None
    if old and not is_ours(old):
        raise UsageError(f"{shown(path)}: not written by seapo push: name another folder")
    for file in set(data_files) - listed_files(old):
        if (folder / file).exists():
            raise UsageError(
                f"{shown(folder / file)}: not written by seapo push: name another folder"
            )
