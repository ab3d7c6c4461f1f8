"""What must not be published: paths of this machine, and the user's name in them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seapo_cli.exceptions import RowError
from seapo_cli.rows import NEGATIVE_KEYS, PROMPT_KEYS, RESPONSE_KEYS
from seapo_cli.text.safe import hide

TEXTS = {*PROMPT_KEYS, *RESPONSE_KEYS, *NEGATIVE_KEYS, "system", "history", "input", "tools"}
"""Keys of what is trained on: never changed."""
_NAMES = {"model", "template", "scorer", "file", "path"}
"""Keys, inside what seapo adds, whose value may be a path."""
_PATH = re.compile(r"(~|\.{1,2}|[A-Za-z]:)?[/\\][^\n]*")
_END = r"[^\s'\"`,;:)\]}>]*"


def hide_secrets() -> None:
    """Mask the keys of this environment in all that is written."""
    from huggingface_hub import get_token

    for secret in (os.environ.get("OPENAI_API_KEY"), get_token()):
        if secret:
            hide(secret.strip())


def without_home(text: str) -> str:
    """A text for people without paths below the user's folder."""
    return Private().public(text)


def public_name(name: str) -> str:
    """The name of a model or file; of a path only its last part."""
    is_path = _PATH.fullmatch(name) or name.endswith(".gguf")
    return re.split(r"[/\\]", name.rstrip("/\\"))[-1] if is_path else name


class Private:
    """Takes what is private out of rows."""

    def __init__(self, home: str | None = None) -> None:
        """`home` is the user's folder; by default that of this process."""
        found = home or str(Path.home())
        # `/root` and `/` name nobody, and stand in many an honest answer.
        self._home = found if len(Path(found).parts) > 2 else None
        self._below = re.compile(rf"{re.escape(found)}(?![\w.-]){_END}")

    def cleaned(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The row without paths of this machine.

        Raises:
            RowError: one stands in a text that must not be changed.
        """
        return {name: self._column(name, value) for name, value in row.items()}

    def _column(self, name: str, value: object) -> object:
        if name not in TEXTS:
            return self._clean(name, value)
        if self._home and self._holds(value):
            raise RowError(
                f"key {name!r} names your home folder, {self._home}: left out; change the text "
                "to publish it"
            )
        return value

    def _holds(self, value: object) -> bool:
        if isinstance(value, str):
            return self._below.search(value) is not None
        if isinstance(value, Mapping):
            return any(map(self._holds, value.values()))
        return isinstance(value, list) and any(map(self._holds, value))

    def _clean(self, name: str, value: object) -> object:
        if isinstance(value, str):
            return self._text(name, value)
        if isinstance(value, Mapping):
            # Edits are parts of the texts: `/usr/bin` there is no path of this machine's.
            return {k: one if k == "edits" else self._clean(k, one) for k, one in value.items()}
        return [self._clean(name, one) for one in value] if isinstance(value, list) else value

    def _text(self, name: str, value: str) -> str:
        if name in _NAMES or (value.startswith("/") and _exists(value)):
            value = public_name(value)
        return self.public(value)

    def public(self, text: str) -> str:
        """A text with the names of files in place of paths below the user's folder."""
        if self._home is None or self._home not in text:
            return text
        return self._below.sub(lambda found: found[0].rstrip("/").rpartition("/")[2], text)


def _exists(path: str) -> bool:
    try:
        return len(Path(path).parts) > 2 and Path(path).exists()
    except (OSError, ValueError):  # too long, or with a NUL
        return False
