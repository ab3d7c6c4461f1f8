"""`seapo show`."""

from __future__ import annotations

import typer

from seapo_cli.cli.command import expanded
from seapo_cli.cli.runner import need_input
from seapo_cli.options import ShowSettings


@expanded
def show(settings: ShowSettings) -> None:
    """Show rows from inject, filter or pair with the mistake marked inside the answer.

    seapo show negatives.jsonl --type factual -n 20
    """
    need_input(settings.input)
    from seapo_cli.show.paint import show as show_views
    from seapo_cli.show.views import Views

    views = Views(settings.input, settings.error_type, settings.most)
    show_views(views)
    views.tell()
    if views.faults.count:
        raise typer.Exit(3 if views.good else 1)
