"""`seapo review`: rows to people and back."""

from __future__ import annotations

from typing import Annotated

import typer

from seapo_cli.cli.command import Shown, expanded
from seapo_cli.cli.runner import files_of, need_input
from seapo_cli.exceptions import UsageError
from seapo_cli.options import ReviewExportSettings, ReviewFiles, ReviewImportSettings
from seapo_cli.options.rows import PairedRowFiles

_ROWS_ONLY = Shown(without=("output", "errors", "max_errors", "limit", "dry_run", "summary"))
_NO_MODEL = Shown(without=("dry_run",))


@expanded
def export(settings: ReviewExportSettings, rows: Annotated[PairedRowFiles, _ROWS_ONLY]) -> None:
    """Write rows for review in Argilla or Label Studio, with the mistake marked.

    seapo review export negatives.jsonl --to label-studio -o review/
    """
    need_input(rows.input)
    from seapo_cli.io.folders import shown
    from seapo_cli.review.export import export
    from seapo_cli.text.safe import tell

    found = export(rows.input, rows.keys(), settings)
    found.faults.tell("seapo review", "cannot be reviewed")
    counts = [f"{found.written:,} rows to {shown(settings.output)}"]
    if found.left_out:
        counts.append(f"{found.left_out:,} not drawn")
    if found.repeated:
        counts.append(f"{found.repeated:,} repeated")
    tell(f"seapo review: {', '.join(counts)}")
    if found.faults.count:
        raise typer.Exit(3)


@expanded
def import_(settings: ReviewImportSettings, files: Annotated[ReviewFiles, _NO_MODEL]) -> None:
    """Put what reviewers answered into the rows, under the key `review`.

    seapo review import export.json negatives.jsonl -o reviewed.jsonl
    """
    if files.rejected and settings.keep == "all":
        raise UsageError("--rejected needs --keep unrefused or --keep accepted")
    need_input(settings.reviewed)
    need_input(files.input)
    from seapo_cli.engine.run import run_stage
    from seapo_cli.io.same_files import reads
    from seapo_cli.review.answers import read_answers
    from seapo_cli.review.stage import Review

    stage = Review(read_answers(settings.reviewed), settings.keep, files.keys())
    read = reads("", [settings.reviewed])
    places = files_of(files, rejected=files.rejected, also_read=read)
    if run_stage(stage, places, files.keys(), None, files.max_errors).rows_failed:
        raise typer.Exit(3)
