"""The page that `doctor` prints, and the same as JSON."""

from __future__ import annotations

from dataclasses import asdict

import orjson

from seapo_cli.stages.doctor.examine import Report
from seapo_cli.stages.doctor.findings import UNREAD
from seapo_cli.stages.doctor.template import Template
from seapo_cli.stages.doctor.tokens import Measured, Spread
from seapo_cli.stages.doctor.trainers import WRITTEN
from seapo_cli.text.safe import label
from seapo_cli.text.tables import table

_LONGEST = 160
_LABELS = {"both": "prompt + longer answer"}


def page(report: Report) -> str:
    """For people."""
    parts = [_head(report)]
    if report.template is not None:
        parts.append(_template(report.template))
        if report.trainer.own_template:
            parts[-1] += "\n  LLaMA-Factory takes its own --template: these figures come near it"
    elif not report.rows.templated:
        parts.append("chat template\n  not applied to rows of strings: they are for base models")
    if report.tokens is not None:
        parts.append(_tokens(report.tokens, report.settings.max_length))
    parts += [_columns(report), _findings(report)]
    return "\n\n".join(parts)


def as_json(report: Report) -> bytes:
    """All figures as a JSON document."""
    rows = report.rows
    found = {
        "trainer": report.trainer.name,
        "readers": rows.readers,
        "model": report.settings.model,
        "max_length": report.settings.max_length,
        "rows": rows.rows,
        "pairs": len(rows.pairs),
        "template": report.template and asdict(report.template),
        "tokens": report.tokens and asdict(report.tokens),
        "columns": {
            name: {"rows": count, "use": _use(report, name)[0]}
            for name, count in rows.columns.items()
        },
        "unread": {"rows": rows.faults.count, "shown": rows.faults.shown},
        "findings": [asdict(finding) for finding in report.findings],
    }
    return orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _head(report: Report) -> str:
    rows = report.rows
    others = [name for name in rows.readers if name != report.trainer.name]
    how = f" ({', '.join(others)} could read it too: see --trainer)" if others else ""
    return (
        f"{len(rows.pairs):,} pairs in {rows.rows:,} rows for {report.trainer.name}{how}\n"
        f"model {report.settings.model}"
    )


def _template(found: Template) -> str:
    lines = [
        ("generation prompt", _quoted(found.generation) if found.generation else "none"),
        ("adds at the start", _quoted(found.added) if found.added else "nothing"),
        ("system turns", found.system),
        ("end of turn", found.end or "none"),
    ]
    return "chat template\n" + table(
        [[name, value] for name, value in lines], indent="  ", left=True
    )


def _quoted(text: str) -> str:
    return repr(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")


def _tokens(found: Measured, max_length: int) -> str:
    rows = [["tokens", "min", "median", "95%", "max"]]
    for name, spread in found.lengths.items():
        if spread is not None:
            rows.append([f"  {_LABELS.get(name, name)}", *(f"{one:,.0f}" for one in _of(spread))])
    if found.shared is not None:
        shares = (f"{one:.0%}" for one in _of(found.shared))
        rows.append(["  part that both answers begin with", *shares])
    lines = [table(rows)]
    if not found.cut:
        lines.append(f"  all pairs fit --max-length {max_length}")
    return "\n".join([*lines, *(f"  {one}" for one in found.shown_refused)])


def _of(spread: Spread) -> tuple[float, ...]:
    return spread.least, spread.median, spread.most_95, spread.most


def _columns(report: Report) -> str:
    rows = [
        [label(name), f"{count:,} rows", ": ".join(filter(None, _use(report, name)))]
        for name, count in report.rows.columns.items()
    ]
    return "columns\n" + table(rows, indent="  ", left=True) if rows else "no columns"


def _use(report: Report, name: str) -> tuple[str, str]:
    """What becomes of a column: used (for what), ignored, or unknown to all."""
    trainer, shape = report.trainer, report.rows.shape
    needed = {one for shape in trainer.shapes for one in shape.kinds}
    if name in trainer.columns and (shape is None or name in shape.kinds or name not in needed):
        return "used", trainer.columns[name]
    return ("ignored", "") if name in WRITTEN or name in trainer.columns else ("unknown", "ignored")


def _findings(report: Report) -> str:
    lines = []
    for finding in report.findings:
        lines.append(f"{'SPOILS' if finding.spoils else 'note':6}  {finding.name}: {finding.text}")
        if finding.name == UNREAD:
            lines += [f"          {one}" for one in report.rows.faults.shown]
    if not any(finding.spoils for finding in report.findings):
        lines.append("nothing found that would spoil training")
    return "\n".join(lines)
