"""`python -m seapo_cli.training SETTINGS.json`; torchrun and accelerate start it as well."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from seapo_cli.exceptions import SeapoError, UsageError
from seapo_cli.options import TrainSettings


def main() -> int:
    """Run; every expected error is one line on stderr. Returns the exit code."""
    try:
        file = _file(sys.argv[1:])
        settings = _read(file)
        if settings.procs * settings.nodes > 1 and "RANK" not in os.environ:
            from seapo_cli.training.launch import launch

            return launch(settings, file)
        from seapo_cli.training.train import train

        return train(settings)
    except SeapoError as error:
        print(f"seapo train: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(
            "seapo train: interrupted; run the command again to resume from the last checkpoint",
            file=sys.stderr,
        )
        return 130


def _file(arguments: list[str]) -> Path:
    if len(arguments) != 1:
        raise UsageError("usage: python -m seapo_cli.training SETTINGS.json")
    return Path(arguments[0])


def _read(file: Path) -> TrainSettings:
    try:
        values = json.loads(file.read_bytes())
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(f"{file}: not valid JSON: {error}") from None
    if not isinstance(values, dict):
        raise UsageError(f"{file}: not the settings of a training run")
    try:
        return TrainSettings.checked(**values)
    except UsageError as error:
        raise UsageError(f"{file}: {error}") from None


def _leave(code: int) -> NoReturn:
    """Exit; one of several processes does so immediately.

    The interpreter's own way out frees what holds the process group (see `processes.leave`): one
    run in ten hung or was aborted there, after all was written.
    """
    # Everything is written: Ctrl-C has nothing left to stop, but could still break the exit.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if "RANK" in os.environ:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    _leave(main())
