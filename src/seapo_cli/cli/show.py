"""`seapo show`."""

from __future__ import annotations

from typing import Annotated

import typer

from seapo_cli.cli import complete
from seapo_cli.cli.options import need_input, option


def show(
    context: typer.Context,
    input: Annotated[  # noqa: A002, the argument's name
        str, typer.Argument(metavar="FILE", help="JSONL to show; - is stdin.", show_default=False)
    ] = "-",
    error_type: Annotated[
        str | None,
        option(
            "--type",
            "-t",
            metavar="TYPE",
            help="Only mistakes of this type.",
            autocompletion=complete.error_types,
        ),
    ] = None,
    most: Annotated[int | None, option("-n", "--n", min=1, help="Most rows to show.")] = None,
) -> None:
    """Show rows with the mistake marked inside the answer: of inject, filter or pair.

    seapo show negatives.jsonl --type factual -n 20
    """
    need_input(context, input)
    from seapo_cli.show.paint import show as show_views
    from seapo_cli.show.views import Views

    views = Views(input, error_type, most)
    show_views(views)
    views.tell()
    if views.bad:
        raise typer.Exit(3 if views.good else 1)
