"""The formats that trainers read, by the names that `--format` takes: one module per trainer.

A new one is its module and one line here. Nothing heavy loads here: the command line names them.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from seapo_cli.exceptions import unknown

if TYPE_CHECKING:
    from seapo_cli.formats.base import Format

FORMATS = {
    "trl": "trl.TEXT",
    "trl-chat": "trl.CHAT",
    "trl-kto": "trl.KTO_TEXT",
    "trl-kto-chat": "trl.KTO_CHAT",
    "llamafactory": "llamafactory.ALPACA",
    "llamafactory-sharegpt": "llamafactory.SHAREGPT",
    "llamafactory-kto": "llamafactory.KTO",
    "axolotl": "axolotl.FORMAT",
    "openrlhf": "openrlhf.FORMAT",
    "ultrafeedback": "ultrafeedback.FORMAT",
}
"""Module and name of each `Format`."""


@cache
def load_format(name: str) -> Format:
    """Find a format by name.

    Raises:
        UsageError: there is none of that name.
    """
    if name not in FORMATS:
        raise unknown("format", name, FORMATS)
    module, _, place = FORMATS[name].partition(".")
    found: Format = getattr(import_module(f"seapo_cli.formats.{module}"), place)
    return found
