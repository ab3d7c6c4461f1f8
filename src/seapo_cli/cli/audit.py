"""`seapo audit`."""

from __future__ import annotations

from contextlib import suppress

import typer

from seapo_cli.cli.command import expanded
from seapo_cli.cli.runner import need_input
from seapo_cli.options import AuditSettings


@expanded
def audit(settings: AuditSettings) -> None:
    """Check whether the sides of pairs can be told apart without the question.

    seapo audit pairs.jsonl --fail-above 0.7 -o audit.json
    """
    for name in settings.inputs:
        need_input(name)
    from seapo_cli.stages.audit import need_scikit_learn

    need_scikit_learn("seapo audit")
    from seapo_cli.engine.files import write_summary
    from seapo_cli.engine.tally import Tally
    from seapo_cli.exceptions import ReaderGone, SeapoError
    from seapo_cli.formats.reader import PreferencePair, read_pairs
    from seapo_cli.io.faults import Faults
    from seapo_cli.io.jsonl import Output
    from seapo_cli.io.same_files import reads, refuse_equal, writes
    from seapo_cli.stages.audit.gather import Gather
    from seapo_cli.stages.audit.report import AuditReport, as_json
    from seapo_cli.stages.audit.report import audit as audit_items
    from seapo_cli.text.safe import tell

    written = [*writes("-o", settings.output), *writes("--summary", settings.summary)]
    refuse_equal(reads("", settings.inputs), written)
    tally, faults, gather = Tally(), Faults(), Gather(settings.max_pairs, settings.seed)
    for found in read_pairs(settings.inputs):
        tally.rows_in += 1
        if isinstance(found, PreferencePair):
            gather.add(found)
            continue
        tally.rows_failed += 1
        faults.add(f"{found.file}:{found.line}", found.reason)
    faults.tell("seapo audit", "without a pair")
    items = gather.items()
    report = AuditReport(audit_items(items, settings.seed), gather.left_out, gather.unmatched)
    with suppress(ReaderGone), Output(settings.output) as file:
        file.write(as_json(report))
    tell(report.summary_text())
    if settings.summary:
        with Output(str(settings.summary), "--summary") as file:
            write_summary(file, tally, report.summary())
    limit = settings.fail_above
    if limit is not None and (complaint := report.complaint(limit)):
        raise SeapoError(complaint)
    if tally.rows_failed:
        raise typer.Exit(3)
