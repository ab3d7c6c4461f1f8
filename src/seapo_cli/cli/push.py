"""`seapo push`."""

from __future__ import annotations

import typer

from seapo_cli.cli.command import expanded
from seapo_cli.cli.runner import need_input
from seapo_cli.options import PushSettings


@expanded
def push(settings: PushSettings) -> None:
    """Write pairs as a dataset for the Hugging Face hub, with a card; upload it on request.

    seapo push pairs.jsonl test=eval.jsonl --about kept.jsonl --license cc-by-4.0 --to hub/
    """
    for name in settings.about:
        need_input(name)
    from seapo_cli.hub.folder import CARD, write_folder
    from seapo_cli.hub.private import hide_secrets
    from seapo_cli.hub.upload import need_login, upload
    from seapo_cli.io.folders import shown
    from seapo_cli.text.safe import tell

    hide_secrets()
    if settings.repo:
        need_login()
    data, inputs = write_folder(settings)
    data.faults.tell("seapo push", "are left out")
    own = tuple(f"{file}:" for some in data.splits.values() for file in some)
    for reason in inputs.faults.told("cannot be read"):
        if not reason.startswith(own):  # said above
            tell(f"seapo push: {reason}")
    counts = ", ".join(f"{split} {data.counts[split]:,}" for split in data.files)
    tell(f"seapo push: rows in {shown(settings.to)}: {counts}")
    if settings.license == "unknown":
        tell("seapo push: the card says that the licence is unknown; --license names it")
    if settings.repo:
        files = [*data.files.values(), CARD]
        tell(f"seapo push: {upload(settings.to, files, settings.repo, private=settings.private)}")
    if data.faults.count or inputs.faults.count:
        raise typer.Exit(3)
