"""`seapo`, also as `python -m seapo_cli`."""

from __future__ import annotations

import sys


def main() -> None:
    """The command line; Ctrl-C while it is still being imported shows no traceback either."""
    try:
        from seapo_cli.cli import main as command_line
    except KeyboardInterrupt:
        sys.exit(130)
    command_line()


if __name__ == "__main__":
    main()
