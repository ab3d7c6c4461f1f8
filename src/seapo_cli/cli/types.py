"""`seapo types`."""

from __future__ import annotations


def types() -> None:
    """List the error types and what they mean."""
    from seapo_cli.prompts import error_types

    for found in error_types().values():
        names = ", ".join((found.name, *found.aliases))
        print(f"{names:<27} {found.description}")
