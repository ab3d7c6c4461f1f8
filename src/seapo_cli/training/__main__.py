"""`python -m seapo_cli.training SETTINGS.json`; torchrun and accelerate start it as well."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from pydantic import ValidationError

from seapo_cli.errors import SeapoError, UsageError
from seapo_cli.settings import first_problem
from seapo_cli.training.settings import TrainSettings


def main() -> int:
    """Run; every foreseen error is one line on stderr. Returns the exit code."""
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
            "seapo train: interrupted; the same command goes on from the last checkpoint",
            file=sys.stderr,
        )
        return 130


def _file(arguments: list[str]) -> Path:
    if len(arguments) != 1:
        raise UsageError("usage: python -m seapo_cli.training SETTINGS.json")
    return Path(arguments[0])


def _read(file: Path) -> TrainSettings:
    try:
        return TrainSettings.model_validate_json(file.read_bytes())
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from None
    except UsageError as error:
        raise UsageError(f"{file}: {error}") from None
    except ValidationError as error:
        raise UsageError(f"{file}: {first_problem(error)[1]}") from None


def _leave(code: int) -> NoReturn:
    """Exit; one process of several does so at once.

    The interpreter's own way out frees what holds the process group (see `processes.leave`): one
    run in ten hung or was aborted there, after all was written.
    """
    # All is written: nothing that Ctrl-C could still stop, but much for it to fall into.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if "RANK" in os.environ:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    _leave(main())
