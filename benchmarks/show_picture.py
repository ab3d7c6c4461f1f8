"""Record docs/pictures/show.svg: what `seapo show` prints on a terminal, as a picture.

    python benchmarks/show_picture.py

The command is run in a terminal of its own, and rich turns what it printed into SVG. The picture
loads nothing, so it looks the same offline and on pages that forbid fonts from elsewhere.
"""

from __future__ import annotations

import io
import os
import pty
import shlex
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "pictures" / "show.svg"
COMMAND = "grep telescope examples/negatives.jsonl | seapo show"
COLUMNS = 88
# Readable on a light page and on a dark one: it is a dark window with a border.
THEME = TerminalTheme(
    (13, 17, 23),
    (230, 237, 243),
    [
        (72, 79, 88),
        (255, 123, 114),
        (63, 185, 80),
        (210, 153, 34),
        (88, 166, 255),
        (188, 140, 255),
        (57, 197, 207),
        (177, 186, 196),
    ],
)
# Rich's own format fetches a font.
FORMAT = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
  <style>
    .{unique_id}-matrix {{
      font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
      font-size: {char_height}px;
      line-height: {line_height}px;
    }}
    .{unique_id}-title {{ font: bold 18px sans-serif; }}
    {styles}
  </style>
  <defs>
    <clipPath id="{unique_id}-clip-terminal">
      <rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
    </clipPath>
    {lines}
  </defs>
  {chrome}
  <g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
    {backgrounds}
    <g class="{unique_id}-matrix">{matrix}</g>
  </g>
</svg>
"""


def main() -> None:
    """Write the picture."""
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(svg(printed()), "utf-8")
    print(f"{PICTURE}: {PICTURE.stat().st_size:,} bytes")


def printed() -> str:
    """What the command prints on a terminal, escape sequences and all."""
    seapo = f"{shlex.quote(sys.executable)} -m seapo_cli"
    master, terminal = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(COLUMNS), "PAGER": "", "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    done = subprocess.Popen(
        COMMAND.replace("seapo ", f"{seapo} "),
        shell=True,
        cwd=ROOT,
        stdout=terminal,
        env=environment,
    )
    os.close(terminal)
    parts: list[bytes] = []
    try:
        while part := os.read(master, 65536):
            parts.append(part)
    except OSError:  # how a terminal ends on Linux
        pass
    os.close(master)
    if done.wait():
        sys.exit(f"{COMMAND} ended with {done.returncode}")
    return b"".join(parts).decode().replace("\r\n", "\n")


def svg(text: str) -> str:
    """The picture of a terminal that shows the command and what it printed."""
    console = Console(
        record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, highlight=False
    )
    console.print(Text(f"$ {COMMAND}", style="bold"))
    console.print(Text.from_ansi(text.rstrip("\n")))
    return console.export_svg(title="seapo show", theme=THEME, code_format=FORMAT, unique_id="show")


if __name__ == "__main__":
    main()
