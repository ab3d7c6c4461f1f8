"""What the shell completes after an option: names that are known without running anything."""

from __future__ import annotations

from collections.abc import Iterable


def formats(incomplete: str) -> list[str]:
    """Formats of `pair`."""
    from seapo_cli.formats import FORMATS

    return _beginning(FORMATS, incomplete)


def checks(incomplete: str) -> list[str]:
    """Checks of `filter`."""
    from seapo_cli.checks import all_checks

    return _beginning(all_checks(), incomplete)


def error_types(incomplete: str) -> list[str]:
    """Error types by name."""
    from seapo_cli.mistakes.error_types import error_types

    return _beginning(error_types(), incomplete)


def _beginning(names: Iterable[str], incomplete: str) -> list[str]:
    """The names that go on from what was typed, the last one of several with commas."""
    before, comma, last = incomplete.rpartition(",")
    return [f"{before}{comma}{name}" for name in names if name.startswith(last)]
