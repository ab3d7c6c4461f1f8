"""`seapo audit`."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from seapo_cli.cli.options import need_input, option

_SHOWN_REASONS = 5


def audit(
    context: typer.Context,
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE...",
            help="Pairs of any format that `pair` writes, or rows of inject or filter; - is stdin.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        str, option("--output", "-o", metavar="FILE", help="JSON to write; - is stdout.")
    ] = "-",
    fail_above: Annotated[
        float | None,
        option(
            min=0.5,
            max=1.0,
            help="Exit with 1 if all pairs, or those of one type or source, are told apart more "
            "often than this, and than chance gives.",
        ),
    ] = None,
    max_pairs: Annotated[
        int, option(min=1, help="Of more, pairs of prompts drawn by hash are audited.")
    ] = 20_000,
    summary: Annotated[
        Path | None, option(metavar="FILE", help="Write the closing summary as JSON.")
    ] = None,
    seed: Annotated[int, option(env="SEAPO_SEED", help="Seed of all draws.")] = 0,
) -> None:
    """Tell whether the sides of pairs can be told apart without the question.

    seapo audit pairs.jsonl --fail-above 0.7 -o audit.json
    """
    names = inputs or ["-"]
    for name in names:
        need_input(context, name)
    from seapo_cli.stages.audit import need_scikit_learn

    need_scikit_learn("seapo audit")
    from seapo_cli.engine.files import write_summary
    from seapo_cli.engine.tally import Tally
    from seapo_cli.exceptions import ReaderGone, SeapoError
    from seapo_cli.formats.reader import PreferencePair, read_pairs
    from seapo_cli.io.jsonl import Output
    from seapo_cli.stages.audit.gather import Gather
    from seapo_cli.stages.audit.report import AuditReport, as_json
    from seapo_cli.stages.audit.report import audit as audit_items
    from seapo_cli.text.safe import tell

    tally, gather = Tally(), Gather(max_pairs, seed)
    for found in read_pairs(names):
        tally.rows_in += 1
        if isinstance(found, PreferencePair):
            gather.add(found)
            continue
        tally.rows_failed += 1
        if tally.rows_failed <= _SHOWN_REASONS:
            tell(f"seapo audit: {found.file}:{found.line}: {found.reason}")
    if (more := tally.rows_failed - _SHOWN_REASONS) > 0:
        tell(f"seapo audit: {more:,} more lines hold no pair")
    items = gather.items()
    report = AuditReport(audit_items(items, seed), gather.left_out, gather.unmatched)
    with suppress(ReaderGone), Output(output) as file:
        file.write(as_json(report))
    tell(report.summary_text())
    if summary:
        with Output(str(summary), "--summary") as file:
            write_summary(file, tally, report.summary())
    if fail_above is not None and (complaint := report.complaint(fail_above)):
        raise SeapoError(complaint)
    if tally.rows_failed:
        raise typer.Exit(3)
