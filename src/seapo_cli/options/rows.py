"""Options of files and rows, which most commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from seapo_cli.options.option import COUNT, Settings, argument, opt

if TYPE_CHECKING:
    from seapo_cli.rows import Keys

ROWS = "Rows"


class Seeded(Settings, group=ROWS):
    """What uses random numbers."""

    seed: Annotated[int, "Seed for all random draws and requests."] = opt(
        0, env="SEAPO_SEED", harmless=True, ge=-(2**63), lt=2**63
    )


class Summarised(Settings, group=ROWS):
    """What ends with a summary."""

    summary: Annotated[Path | None, "Write the closing summary as JSON."] = opt(
        None, metavar="FILE", written=True
    )


class RowFiles(Summarised):
    """What every command from JSONL to JSONL takes."""

    input: Annotated[str, "JSONL to read; - is stdin."] = argument("-", metavar="FILE")
    output: Annotated[str, "JSONL to write; - is stdout."] = opt(
        "-", "--output", "-o", metavar="FILE", is_path=True, written=True
    )
    errors: Annotated[str | None, "JSONL of failed rows: file, line, id, stage, reason, row."] = (
        opt(None, metavar="FILE", group=ROWS, is_path=True, written=True)
    )
    max_errors: Annotated[int | None, "Stop once more rows than this have failed."] = opt(
        None, group=ROWS, harmless=True, ge=0
    )
    limit: Annotated[int | None, "Read so many rows at most."] = opt(
        None, group=ROWS, harmless=True, within=COUNT
    )
    dry_run: Annotated[
        bool,
        "Send and write nothing: show the first requests to the model, and the number, tokens and "
        "cost of all.",
    ] = opt(False, group="Requests", harmless=True)
    prompt_key: Annotated[
        str | None, "Key of the prompt. [default: prompt, instruction, question or messages]"
    ] = opt(None, metavar="KEY", group=ROWS, harmless=True)
    response_key: Annotated[
        str | None,
        "Key of the good answer. [default: response, output, answer, completion or chosen]",
    ] = opt(None, metavar="KEY", group=ROWS, harmless=True)

    def keys(self) -> Keys:
        """Names of the keys that hold prompt and answers."""
        from seapo_cli.rows import Keys

        return Keys(self.prompt_key, self.response_key)


class PairedRowFiles(RowFiles, group=ROWS):
    """The same for rows that have a bad answer as well."""

    negative_key: Annotated[
        str | None, "Key of the bad answer. [default: negative or rejected]"
    ] = opt(None, metavar="KEY", harmless=True)

    def keys(self) -> Keys:
        """Names of the keys that hold prompt and answers."""
        from seapo_cli.rows import Keys

        return Keys(self.prompt_key, self.response_key, self.negative_key)
