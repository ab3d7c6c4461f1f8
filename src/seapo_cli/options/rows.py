"""Options of files and rows, which most commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from seapo_cli.options.option import Settings, argument, opt

if TYPE_CHECKING:
    from seapo_cli.rows import Keys

ROWS = "Rows"


class Seeded(Settings):
    """Where chance plays a part."""

    seed: int = opt(
        default=0,
        env="SEAPO_SEED",
        group=ROWS,
        harmless=True,
        ge=-(2**63),
        lt=2**63,
        help="Seed of all draws and requests.",
    )


class Summarised(Settings):
    """What ends with a summary."""

    summary: Path | None = opt(
        default=None, metavar="FILE", group=ROWS, help="Write the closing summary as JSON."
    )


class RowFiles(Summarised):
    """What every command from JSONL to JSONL takes."""

    input: str = argument(default="-", metavar="FILE", help="JSONL to read; - is stdin.")
    output: str = opt(
        "--output", "-o", default="-", metavar="FILE", help="JSONL to write; - is stdout."
    )
    errors: str | None = opt(
        default=None,
        metavar="FILE",
        group=ROWS,
        help="JSONL of failed rows: file, line, id, stage, reason, row.",
    )
    max_errors: int | None = opt(
        default=None,
        group=ROWS,
        harmless=True,
        ge=0,
        help="Stop once more rows than this have failed.",
    )
    prompt_key: str | None = opt(
        default=None,
        metavar="KEY",
        group=ROWS,
        harmless=True,
        help="Key of the prompt. [default: prompt, instruction, question or messages]",
    )
    response_key: str | None = opt(
        default=None,
        metavar="KEY",
        group=ROWS,
        harmless=True,
        help="Key of the good answer. [default: response, output, answer, completion, chosen]",
    )

    def keys(self) -> Keys:
        """Names of the keys that hold prompt and answers."""
        from seapo_cli.rows import Keys

        return Keys(self.prompt_key, self.response_key)


class PairedRowFiles(RowFiles):
    """The same where rows have a bad answer as well."""

    negative_key: str | None = opt(
        default=None,
        metavar="KEY",
        group=ROWS,
        harmless=True,
        help="Key of the bad answer. [default: negative or rejected]",
    )

    def keys(self) -> Keys:
        """Names of the keys that hold prompt and answers."""
        from seapo_cli.rows import Keys

        return Keys(self.prompt_key, self.response_key, self.negative_key)
