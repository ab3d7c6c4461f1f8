"""Languages whose answers can be run.

A new one is one module here, with one line in the list, and one of the same name in `inside`,
with `answer`, `check` and `IN_PROCESS`.
"""

from __future__ import annotations

from seapo_cli.isolation.languages.base import Language
from seapo_cli.isolation.languages.javascript import JavaScript
from seapo_cli.isolation.languages.python import Python

LANGUAGES: tuple[Language, ...] = (
    Python(),
    JavaScript(),
)


def find_language(name: str) -> Language | None:
    """The language of a name or alias, in any case; None where there is none."""
    low = name.lower()
    return next((known for known in LANGUAGES if low in (known.name, *known.aliases)), None)


def interpreters() -> tuple[tuple[str, str], ...]:
    """Names of languages and paths of their interpreters, of those that are installed."""
    found = ((language.name, language.path()) for language in LANGUAGES)
    return tuple((name, path) for name, path in found if path)
