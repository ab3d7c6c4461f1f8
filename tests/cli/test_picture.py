"""docs/pictures/show.svg shows what `seapo show` prints, and needs nothing from elsewhere."""

from __future__ import annotations

import re
from html import unescape

from rich.text import Text

import show_picture


def test_the_picture_is_what_the_command_prints_today() -> None:
    """Letters only: releases of rich cut and place them differently."""
    drawn = re.findall("<text [^>]*>([^<]*)</text>", show_picture.PICTURE.read_text("utf-8"))
    shown = f"seapo show $ {show_picture.COMMAND} {Text.from_ansi(show_picture.printed())}"
    assert "Titan" in shown
    assert "".join(unescape("".join(drawn)).split()) == "".join(shown.split())


def test_the_picture_loads_nothing() -> None:
    picture = show_picture.PICTURE.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
    assert len(picture) < 60_000
    assert not re.search(r"//|@import|@font-face|url\([^#]|<script|href", picture)
