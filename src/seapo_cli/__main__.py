"""`python -m seapo_cli` is `seapo`."""

from seapo_cli.cli import main

main()
