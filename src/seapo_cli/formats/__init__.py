"""The formats that trainers read, by the names that `--format` takes: one module per trainer."""

from __future__ import annotations

from seapo_cli.exceptions import unknown
from seapo_cli.formats import axolotl, llamafactory, openrlhf, trl, ultrafeedback
from seapo_cli.formats.base import Format

FORMATS: dict[str, Format] = {
    "trl": trl.TEXT,
    "trl-chat": trl.CHAT,
    "trl-kto": trl.KTO_TEXT,
    "trl-kto-chat": trl.KTO_CHAT,
    "llamafactory": llamafactory.ALPACA,
    "llamafactory-sharegpt": llamafactory.SHAREGPT,
    "llamafactory-kto": llamafactory.KTO,
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
