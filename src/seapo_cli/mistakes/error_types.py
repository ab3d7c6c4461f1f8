"""Error types and mode templates: Markdown files under `prompts/`, shipped in the wheel.

prompts/NAME.md         one error type: front matter (`ErrorType`'s fields), guidance for all
                        answers, then a section `## code` (`## mathematics`, ...) for those
prompts/modes/MODE.md   what an injection mode says to the model, with $placeholders
prompts/judge/*.md      what the judge is asked, likewise; judge/aspects/NAME.md is what it rates
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from string import Template
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from seapo_cli.exceptions import UsageError, unknown
from seapo_cli.options.option import first_problem, is_utf8

_SECTION = re.compile(r"^## +(\w+)[ \t]*$", re.MULTILINE)
_FRONT_MATTER = re.compile(r"---[ \t]*\n(?P<head>.*?\n)---[ \t]*\n(?P<body>.*)", re.DOTALL)


Domain = Literal["prose", "mathematics", "code", "tools"]
"""What an answer mainly consists of."""


class Example(BaseModel):
    """A good passage of an answer, and the same one with the mistake in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    domain: Domain = "prose"
    original: str
    """Empty if the mistake is an inserted sentence."""
    mistake: str


class ErrorType(BaseModel):
    """One kind of mistake, as its file describes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    aliases: tuple[str, ...] = ()
    packs: tuple[str, ...] = ()
    """Groups that it belongs to: `-t pack:NAME` selects all types in one."""
    experimental: bool = False
    """Its blind figure is below the bar (docs/types.md): selected by name, not with its packs."""
    description: str
    """One line: what the mistake is. Shown by `seapo types` and included in the model's prompt."""
    domains: tuple[Domain, ...] = ()
    """Answers that it fits; others are declined without asking a model. Empty: all."""
    keeps_final_answer: bool = False
    """Whether the mistake may leave a final answer (`#### 42`) as it is."""
    keeps_content: bool = False
    """Whether only the wording changes: different words or form are then not a fault."""
    against_prompt: bool = False
    """Whether the mistake contradicts the prompt itself: misreading it, unfaithfulness to it."""
    proof: str | None = None
    """The check of `filter` that proves such a mistake exactly, where there is one."""
    places: tuple[str, ...] = ()
    """Kinds of places where menu mode may put it, best first; if empty, menu mode cannot."""
    examples: tuple[Example, ...] = ()
    guidance: str
    """How to make the mistake well in any answer: the file's body before its first section."""
    sections: Mapping[Domain, str] = Field(default_factory=dict)
    """How to make it in answers of one domain."""
    source: str = Field(exclude=True)
    """The whole file, for the template's hash."""

    @property
    def traits(self) -> tuple[str, ...]:
        """Which of the flags above are set: what `filter` must know about a type."""
        return tuple(name for name in TRAITS if getattr(self, name))


TRAITS = ("keeps_final_answer", "keeps_content", "against_prompt")


def folder() -> Path:
    """Where the packaged prompts are: in a wheel beside this module, in a checkout at the top."""
    package = Path(__file__).parents[1]
    packaged = package / "prompts_data"
    return packaged if packaged.is_dir() else package.parents[1] / "prompts"


@cache
def error_types() -> dict[str, ErrorType]:
    """The packaged error types by name."""
    found = (read_error_type(path) for path in sorted(folder().glob("*.md")))
    return {error_type.name: error_type for error_type in found}


@cache
def _names() -> dict[str, str]:
    return {alias: kind.name for kind in error_types().values() for alias in kind.aliases}


def canonical_name(name: str) -> str:
    """The canonical name of a packaged error type given by an alias; any other name unchanged."""
    return _names().get(name, name)


def pack(name: str) -> tuple[ErrorType, ...]:
    """The packaged error types of a pack, except the experimental ones.

    Raises:
        UsageError: there is no such pack.
    """
    if kinds := [kind for kind in error_types().values() if name in kind.packs]:
        return tuple(kind for kind in kinds if not kind.experimental)
    known = sorted({name for kind in error_types().values() for name in kind.packs})
    raise UsageError(f"no pack {name!r}: use one of {', '.join(known)}")


def load_error_type(name: str) -> ErrorType:
    """Find an error type by name or alias, or read a user's own Markdown file.

    Raises:
        UsageError: there is no such type or file, or the file is wrong.
    """
    if (packaged := error_types().get(canonical_name(name))) is not None:
        return packaged
    if name.endswith(".md") or "/" in name:
        return read_error_type(Path(name))
    raise unknown("error type", name, error_types(), ", or a file TYPE.md of your own")


def load_error_types(names: Iterable[str]) -> tuple[ErrorType, ...]:
    """The types of some names, files and packs (`pack:NAME`), each once.

    Raises:
        UsageError: there is no such type, file or pack, or a file is wrong.
    """
    found: dict[str, ErrorType] = {}
    for name in names:
        group = name.removeprefix("pack:")
        for error_type in (load_error_type(name),) if group == name else pack(group):
            found.setdefault(error_type.name, error_type)
    return tuple(found.values())


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
        # All scalars are text: nothing is read as a date, a boolean or a number.
        fields: Any = yaml.load(parts["head"], Loader=yaml.BaseLoader)
        if not isinstance(fields, dict):
            raise UsageError(f"{path}: the front matter must be a mapping of names to values")
        if fields.keys() & {"guidance", "sections", "source"}:
            raise UsageError(f"{path}: guidance belongs below the front matter, not in it")
        if not is_utf8(fields):
            raise UsageError(f"{path}: front matter: not valid UTF-8")
        guidance, *sections = _SECTION.split(parts["body"].strip())
        named: Any = {
            name: body.strip() for name, body in zip(sections[::2], sections[1::2], strict=True)
        }
        return ErrorType(**fields, guidance=guidance.strip(), sections=named, source=text)
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
    """A mode's prompt template."""
    return template(f"modes/{mode}")


def template_hash(error_type: ErrorType, mode: str) -> str:
    """Identifies the exact wording behind a negative: changes with any file involved."""
    text = error_type.source + mode_template(mode).template
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
