"""The formats that trainers read: one module each, by the name that `--format` takes."""

from __future__ import annotations

from seapo_cli.exceptions import unknown
from seapo_cli.formats import (
    axolotl,
    llamafactory,
    llamafactory_kto,
    llamafactory_sharegpt,
    openrlhf,
    trl,
    trl_chat,
    trl_kto,
    trl_kto_chat,
    ultrafeedback,
)
from seapo_cli.formats.base import Format

FORMATS: dict[str, Format] = {
    "trl": trl.FORMAT,
    "trl-chat": trl_chat.FORMAT,
    "trl-kto": trl_kto.FORMAT,
    "trl-kto-chat": trl_kto_chat.FORMAT,
    "llamafactory": llamafactory.FORMAT,
    "llamafactory-sharegpt": llamafactory_sharegpt.FORMAT,
    "llamafactory-kto": llamafactory_kto.FORMAT,
    "axolotl": axolotl.FORMAT,
    "openrlhf": openrlhf.FORMAT,
    "ultrafeedback": ultrafeedback.FORMAT,
}


def load_format(name: str) -> Format:
    """Find a format by name.

    Raises:
        UsageError: there is none of that name.
    """
    if name not in FORMATS:
        raise unknown("format", name, FORMATS)
    return FORMATS[name]
