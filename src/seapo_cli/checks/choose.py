"""Which checks run, with which options: from a preset and the user's other options."""

from __future__ import annotations

from typing import Any, get_origin

from seapo_cli.checks import all_checks
from seapo_cli.checks.base import AnyCheck
from seapo_cli.exceptions import unknown
from seapo_cli.options import FilterSettings


def choose(settings: FilterSettings) -> tuple[AnyCheck, ...]:
    """The checks that the settings ask for, in the order in which they run.

    Raises:
        UsageError: there is no such check or option, or a value is wrong.
    """
    known = all_checks()
    for name in (*settings.checks, *settings.without, *settings.options):
        if name not in known:
            raise unknown("check", name, known)
    made = {name: _make(check, settings) for name, check in known.items()}
    return tuple(
        check
        for name, check in made.items()
        if name not in settings.without
        and (name in settings.checks or settings.preset in check.presets)
    )


def _make(check: type[AnyCheck], settings: FilterSettings) -> AnyCheck:
    strict = check.strict if settings.preset == "strict" else {}
    given = settings.options.get(check.name, {})
    values = {name: _value(check, name, value) for name, value in given.items()}
    return check(**{**strict, **values})


def _value(check: type[AnyCheck], option: str, value: Any) -> Any:
    """A value as the option's type wants it: several names are written with commas."""
    field = check.model_fields.get(option)
    if field and get_origin(field.annotation) is tuple and isinstance(value, str):
        return tuple(filter(None, map(str.strip, value.split(","))))
    return value
