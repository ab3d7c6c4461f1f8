"""How long `seapo --help` takes, against `python -c "import typer"`, both warm.

    python benchmarks/startup.py [--runs 21]

The two alternate, so that what else the machine does hits both. Target: at most twice the
import, and at most 0.2 s.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from harness import SEAPO, measure, save, show

COMMANDS: dict[str, Sequence[str]] = {
    "python -c pass": (sys.executable, "-c", "pass"),
    "import typer": (sys.executable, "-c", "import typer"),
    "seapo --help": (*SEAPO, "--help"),
    "seapo --version": (*SEAPO, "--version"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=21)
    runs = parser.parse_args().runs
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    with TemporaryDirectory() as folder:
        for number in range(runs + 1):
            for name, command in COMMANDS.items():
                wall = measure(command, Path(folder)).wall_s
                if number:  # the first round warms the file cache and the byte code
                    times[name].append(wall)
    base = median(times["import typer"])
    rows = [
        {
            "command": name,
            "median_s": round(median(found), 4),
            "min_s": round(min(found), 4),
            "max_s": round(max(found), 4),
            "to_import_typer": round(median(found) / base, 2),
        }
        for name, found in times.items()
    ]
    show(f"Start-up, {runs} alternating warm runs", rows)
    save("startup", {"runs": runs, "target": "<= 2x and <= 0.2 s", "rows": rows})


if __name__ == "__main__":
    main()
