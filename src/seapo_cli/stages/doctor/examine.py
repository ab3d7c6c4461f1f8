"""One examination: rows, template, tokens, findings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from seapo_cli.exceptions import RowError
from seapo_cli.options import DoctorSettings
from seapo_cli.stages.doctor.findings import Finding, of_rows, of_template, of_tokens
from seapo_cli.stages.doctor.gather import Gathered, gather
from seapo_cli.stages.doctor.template import Template, probe
from seapo_cli.stages.doctor.tokens import Measured, measure
from seapo_cli.stages.doctor.trainers import SEAPO, Trainer
from seapo_cli.training.model import any_tokenizer, quiet
from seapo_cli.training.tokens import Chat


@dataclass(frozen=True, slots=True)
class Report:
    """All that was found."""

    settings: DoctorSettings
    trainer: Trainer
    rows: Gathered
    template: Template | None
    """None where there is none, or none is applied."""
    tokens: Measured | None
    """None where nothing could be tokenized."""
    findings: Sequence[Finding]
    """What spoils training first."""


def examine(settings: DoctorSettings) -> Report:
    """Look at rows as the trainer would read them.

    Raises:
        UsageError: a file or the tokenizer cannot be loaded.
    """
    quiet()
    tokenizer = any_tokenizer(settings)
    rows = gather(settings.inputs, settings.trainer)
    trainer = rows.trainer or SEAPO
    findings = list(of_rows(rows, trainer))
    template = None
    if rows.templated and rows.pairs:
        template, found = _template(tokenizer, trainer, rows)
        findings += found
    tokens = None
    if rows.pairs and (template is not None or not rows.templated):
        how = {"templated": rows.templated, "begins": trainer.begins}
        tokens = measure(rows.pairs, tokenizer, settings.max_length, **how)
        findings += of_tokens(tokens, settings.max_length)
    findings.sort(key=lambda finding: not finding.spoils)
    return Report(settings, trainer, rows, template, tokens, findings)


def _template(
    tokenizer: Any, trainer: Trainer, rows: Gathered
) -> tuple[Template | None, list[Finding]]:
    if tokenizer.chat_template is None:
        text = "the model has no chat template (a base model?): give one with --chat-template"
        return None, [Finding("chat template", text, True)]
    try:
        found = probe(tokenizer, Chat(tokenizer))
    except RowError as error:
        return None, [Finding("chat template", str(error), True)]
    system = sum(pair.prompt[0].role in ("system", "developer") for pair in rows.pairs)
    return found, list(of_template(found, trainer, tokenizer.eos_token, system))
