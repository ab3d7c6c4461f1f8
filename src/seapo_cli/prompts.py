"""Error types and mode templates: Markdown files under `prompts/`, shipped in the wheel.

prompts/NAME.md         one error type: front matter (`ErrorType`'s fields) and guidance
prompts/modes/MODE.md   what an injection mode says to the model, with $placeholders
prompts/judge/*.md      what the judge is asked, likewise
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from seapo_cli.errors import UsageError, unknown
from seapo_cli.settings import first_problem, is_utf8

_FRONT_MATTER = re.compile(r"---[ \t]*\n(?P<head>.*?\n)---[ \t]*\n(?P<body>.*)", re.DOTALL)


class Example(BaseModel):
    """A good sentence and the same one with the mistake in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    original: str
    """Empty where the mistake is an inserted sentence."""
    mistake: str


class ErrorType(BaseModel):
    """One kind of mistake, as its file describes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    aliases: tuple[str, ...] = ()
    description: str
    """One line: what the mistake is. Shown by `seapo types` and told to the model."""
    places: tuple[str, ...] = ()
    """Kinds of places where edit mode may put it, the best first; empty: any sentence."""
    examples: tuple[Example, ...] = ()
    guidance: str
    """The file's body: how to make the mistake well."""
    source: str = Field(exclude=True)
    """The whole file, for the template's hash."""


def folder() -> Path:
    """Where the packaged prompts are: in the wheel beside this module, in a checkout at the top."""
    packaged = Path(__file__).parent / "prompts_data"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "prompts"


@cache
def error_types() -> dict[str, ErrorType]:
    """The packaged error types by name."""
    found = (read_error_type(path) for path in sorted(folder().glob("*.md")))
    return {error_type.name: error_type for error_type in found}


def load_error_type(name: str) -> ErrorType:
    """Find an error type by name or alias, or read a user's own Markdown file.

    Raises:
        UsageError: there is no such type or file, or the file is wrong.
    """
    for error_type in error_types().values():
        if name == error_type.name or name in error_type.aliases:
            return error_type
    if name.endswith(".md") or "/" in name:
        return read_error_type(Path(name))
    raise unknown("error type", name, error_types(), ", or a file TYPE.md of your own")


def read_error_type(path: Path) -> ErrorType:
    """Read one error type's file.

    Raises:
        UsageError: it cannot be read, or its front matter is wrong.
    """
    import yaml

    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not valid UTF-8"
        raise UsageError(f"{path}: {reason}") from None
    parts = _FRONT_MATTER.fullmatch(text)
    if not parts or not parts["body"].strip():
        raise UsageError(f"{path}: expected front matter between two lines '---', then guidance")
    try:
        # All scalars are text: nothing is taken for a date, a truth value or a number.
        fields: Any = yaml.load(parts["head"], Loader=yaml.BaseLoader)
        if not isinstance(fields, dict):
            raise UsageError(f"{path}: the front matter must be a mapping of names to values")
        if "guidance" in fields or "source" in fields:
            raise UsageError(f"{path}: guidance stands below the front matter, not in it")
        if not is_utf8(fields):
            raise UsageError(f"{path}: front matter: not valid UTF-8")
        return ErrorType(**fields, guidance=parts["body"].strip(), source=text)
    except yaml.YAMLError as error:
        raise UsageError(
            f"{path}: front matter is not YAML: {' '.join(str(error).split())}"
        ) from None
    except ValidationError as error:
        where, text = first_problem(error)
        raise UsageError(f"{path}: front matter, {where}: {text}") from None
    except RecursionError:
        raise UsageError(f"{path}: front matter: nested too deeply") from None


@cache
def template(name: str) -> Template:
    """The wording in `prompts/NAME.md`, with `$placeholders`."""
    return Template((folder() / f"{name}.md").read_text(encoding="utf-8"))


def mode_template(mode: str) -> Template:
    """What a mode says to the model."""
    return template(f"modes/{mode}")


def template_hash(error_type: ErrorType, mode: str) -> str:
    """Names the exact wording behind a negative: changes with any file that has a part in it."""
    text = error_type.source + mode_template(mode).template
    if mode == "edit":  # its prompt tells of all packaged types
        text += "".join(packaged.source for packaged in error_types().values())
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
