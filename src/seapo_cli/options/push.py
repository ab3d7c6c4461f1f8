"""Options of `seapo push`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from seapo_cli.exceptions import UsageError
from seapo_cli.options import parse
from seapo_cli.options.option import Settings, argument, opt

_LICENSE = re.compile(r"[a-z0-9][a-z0-9.+-]*")
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


class PushSettings(Settings):
    """What `push` publishes, what its card says, and where it goes."""

    inputs: Annotated[
        tuple[str, ...], "Pairs in any format; without SPLIT= they are the split train."
    ] = argument(..., metavar="[SPLIT=]FILE...")
    to: Annotated[Path, "Folder for data and card."] = opt(..., metavar="FOLDER")
    about: Annotated[
        tuple[str, ...],
        "Rows of earlier stages, --errors and --summary files, audits: only for the card; "
        "repeatable.",
    ] = opt((), metavar="FILE", is_path=True)
    license: Annotated[
        str, "Licence of the pairs, by the hub's name: apache-2.0, cc-by-4.0, other, ..."
    ] = opt("unknown", metavar="NAME")
    source_licenses: Annotated[
        dict[str, str], "Licence of a source of prompts or answers; repeatable."
    ] = opt(
        dict,
        "--source-license",
        typed=list[str],
        parse=parse.texts,
        metavar="SOURCE=LICENSE",
    )
    title: Annotated[str | None, "Title of the card. [default: the folder's name]"] = opt(None)
    repo: Annotated[
        str | None, "Upload to this dataset of the hub; needs a login. [default: no upload]"
    ] = opt(None, metavar="USER/NAME")
    private: Annotated[bool, "Upload so that only you can see it."] = opt(True)

    def check(self) -> None:
        if not _LICENSE.fullmatch(self.license):
            raise UsageError(
                f"--license {self.license}: not a name of the hub's, such as cc-by-4.0; "
                "for any other licence: other"
            )
        if self.repo and not _REPOSITORY.fullmatch(self.repo):
            raise UsageError(f"--repo {self.repo}: must be USER/NAME")
