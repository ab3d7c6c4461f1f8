"""Options of `seapo review`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from seapo_cli.options.option import COUNT, Settings, argument, opt
from seapo_cli.options.rows import PairedRowFiles

Keep = Literal["all", "unrefused", "accepted"]


class ReviewExportSettings(Settings):
    """What `review export` writes."""

    to: Annotated[Literal["argilla", "label-studio"], "The tool that shows the rows."] = opt(...)
    output: Annotated[Path, "New folder for the files that the tool imports."] = opt(
        ..., "--output", "-o", metavar="FOLDER", written=True
    )
    max_rows: Annotated[int | None, "If there are more, a sample of so many, drawn by hash."] = opt(
        None, within=COUNT
    )
    reviewers: Annotated[
        int,
        "How many people are to judge each row; for Label Studio, set it in the project.",
    ] = opt(1, ge=1, le=100)


class ReviewImportSettings(Settings):
    """Whose answers `review import` takes, and what it does with them."""

    reviewed: Annotated[
        str, "Label Studio's export as JSON, or the folder or records.json of Argilla."
    ] = argument(..., metavar="REVIEWED")
    keep: Annotated[
        Keep,
        "all rows; unrefused: without those that reviewers refuse or are divided on; accepted: "
        "only those that they accept.",
    ] = opt("all")


class ReviewFiles(PairedRowFiles):
    """What `review import` reads and writes besides."""

    rejected: Annotated[str | None, "JSONL of the rows that --keep leaves out."] = opt(
        None, metavar="FILE", is_path=True, written=True
    )
