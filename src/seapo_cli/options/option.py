"""What an option is and how values are validated. `seapo --help` imports this: keep it light.

A settings class is a dataclass whose fields are options. Each is defined once: the command
line, `seapo.toml`, the library and docs/commands.md are all derived from its field.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from functools import cache
from typing import TYPE_CHECKING, Any, Self, dataclass_transform, get_origin, get_type_hints

from seapo_cli.exceptions import UsageError

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

COUNT: Mapping[str, float] = {"ge": 1, "lt": 2**31}
"""Bounds of a count: what servers and JSON can hold."""
SECONDS: Mapping[str, float] = {"gt": 0, "le": 10_000_000}
"""Up to 115 days: clocks and servers cannot wait forever."""


@dataclass(slots=True, kw_only=True, eq=False)
class Option:
    """What is known about an option besides its field's name, type, help and default."""

    flags: tuple[str, ...] = ()
    """Empty if they follow from the field's name."""
    is_argument: bool = False
    """Whether it is a positional argument, without a flag."""
    is_path: bool = False
    """Whether its text names files or addresses: taken as is, and not necessarily UTF-8."""
    written: bool = False
    """Whether it names a file or folder that the command makes."""
    env: str | list[str] | None = None
    metavar: str | None = None
    group: str | None = None
    """Its section in the help; None means that of its class, else the first one."""
    harmless: bool | Callable[[Any], bool] = False
    """Whether a `seapo.toml` that the user did not name may set it, or to which values."""
    bounds: Mapping[str, float] = field(default_factory=dict)
    """As in pydantic: ge, gt, le, lt."""
    parse: Callable[[Any], Any] | None = None
    """Parses the value from text or a list of texts; raises ValueError."""
    typed: Any = None
    """Type on the command line, if it differs from the field's."""
    complete: str | None = None
    """`module:name` of the names that shell completion offers; `{names}` in the help is replaced by
    them."""
    choices: str | None = None
    """`module:name` of a registry of what it accepts besides its default, each with an `about`."""
    defaults: Mapping[str, Any] | None = None
    """Defaults that other options take if this one is given."""

    def may_be(self, value: Any) -> bool:
        """Whether a settings file that the user did not name may set it to this value."""
        return self.harmless(value) if callable(self.harmless) else self.harmless


def opt(default: Any, *flags: str, within: Mapping[str, float] | None = None, **about: Any) -> Any:
    """A field that is an option; its type is `Annotated[TYPE, "help text"]`.

    Args:
        default: `...` if there is none; a callable is a factory.
        flags: as on the command line; by default the field's name.
        within: a common set of bounds: COUNT, SECONDS.
        about: individual bounds, and other fields of `Option`.
    """
    bounds: dict[str, float] = dict(within or {})
    bounds |= {name: about.pop(name) for name in ("ge", "gt", "le", "lt") if name in about}
    option = Option(flags=flags, bounds=bounds, **about)
    made = {"default_factory" if callable(default) else "default": default}
    return field(metadata={"option": option}, **({} if default is ... else made))


def argument(default: Any, *, metavar: str) -> Any:
    """A field that is a positional argument on the command line."""
    return opt(default, metavar=metavar, is_argument=True, is_path=True)


def option_of(place: object) -> Option | None:
    """What makes a field an option; None for one that only the library sets."""
    return place.metadata.get("option") if isinstance(place, Field) else None


def _is_path(place: Field[Any]) -> bool:
    option = option_of(place)
    return option is not None and option.is_path


def flags_of(place: Field[Any]) -> tuple[str, ...]:
    """The names of a field on the command line, the long form first."""
    option = option_of(place)
    return (option.flags if option else ()) or (f"--{place.name.replace('_', '-')}",)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
class Settings:
    """Base of all settings: immutable; rejects unknown names and values that are not finite.

    `group` is the help section for the options of a class that name none.

    Raises:
        UsageError: a value is wrong; names the option and what it accepts.
    """

    def __init_subclass__(cls, group: str | None = None) -> None:
        for option in filter(None, map(option_of, vars(cls).values())):
            option.group = group if option.group is None else option.group
        dataclass(init=False, repr=False, eq=False)(cls)  # writing those out takes time at --help

    if not TYPE_CHECKING:  # to a type checker, the fields are the arguments

        def __init__(self, **values: Any) -> None:
            known = {place.name: place for place in settings_fields(type(self))}
            if unknown := values.keys() - known:
                raise unknown_option(self.option_of(min(unknown)), known)
            paths = {name for name, place in known.items() if _is_path(place)}
            need_utf8({n: v for n, v in values.items() if n not in paths}, self.option_of)
            for name, place in known.items():
                vars(self)[name] = _given(place, values, self.option_of)
            vars(self).update(_valid(type(self), vars(self)))
            self.check()

    def check(self) -> None:
        """Validate fields against each other.

        Raises:
            UsageError: values do not fit together.
        """

    @classmethod
    def checked(cls, **values: Any) -> Self:
        """Build from untrusted values, whose types are not known.

        Raises:
            UsageError: a value is wrong; names the option and what it accepts.
        """
        return cls(**values)

    @classmethod
    def option_of(cls, name: str) -> str:
        """How a user names a field: by its command-line option."""
        found = [place for place in settings_fields(cls) if place.name == name]
        flags = flags_of(found[0]) if found else (f"--{name.replace('_', '-')}",)
        return next((flag for flag in flags if flag.startswith("--")), flags[0])

    def dump(self, without: Collection[str] = ()) -> dict[str, Any]:
        """All values but secrets, as JSON."""
        from pydantic_core import to_jsonable_python

        shown = {p.name: getattr(self, p.name) for p in settings_fields(type(self)) if p.repr}
        found: dict[str, Any] = to_jsonable_python(
            {name: value for name, value in shown.items() if name not in without}
        )
        return found

    def __repr__(self) -> str:
        shown = (p.name for p in settings_fields(type(self)) if p.repr)
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
        return f"{type(self).__name__}({values})"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"settings cannot be changed: {name}; see dataclasses.replace")


def settings_fields(kind: type[Settings]) -> tuple[Field[Any], ...]:
    """The fields of a settings class, those of its bases first."""
    return fields(kind) if kind is not Settings else ()  # type: ignore[arg-type]


def _given(place: Field[Any], values: Mapping[str, Any], named: Callable[[str], str]) -> Any:
    """A field's value, or its default."""
    if place.name in values:
        value, option = values[place.name], option_of(place)
        if option is None or option.parse is None or not isinstance(value, str | list | tuple):
            return value
        try:
            return option.parse(value)
        except ValueError as error:
            raise UsageError(f"{named(place.name)}: {error}") from None
    if place.default_factory is not MISSING:
        return place.default_factory()
    if place.default is MISSING:
        raise UsageError(f"{named(place.name)} is missing")
    return place.default


def _valid(kind: type[Settings], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values, converted to the types of their fields."""
    from pydantic import ValidationError

    model = _model(kind)  # type: ignore[arg-type]  # a class can be hashed even if its values cannot
    try:
        found = model(**values)
    except ValidationError as error:
        raise refusal(error, kind.option_of) from None
    return {name: getattr(found, name) for name in model.model_fields}


@cache
def _model(kind: type[Settings]) -> type[BaseModel]:
    """The validator: the same fields for pydantic, which is too slow to import for `--help`."""
    from pydantic import ConfigDict, Field, create_model

    hints = get_type_hints(kind)
    places: dict[str, Any] = {}
    for place in settings_fields(kind):
        option = option_of(place)
        bounds: dict[str, Any] = dict(option.bounds) if option else {}
        hint = hints[place.name]
        if _is_path(place):
            hint = tuple[Any, ...] if get_origin(hint) is tuple else Any
        places[place.name] = (hint, Field(**bounds))
    config = ConfigDict(allow_inf_nan=False)
    made: type[BaseModel] = create_model(kind.__name__, __config__=config, **places)
    return made


def unknown_option(named: str, known: Iterable[str]) -> UsageError:
    """Raise for an unknown option, listing the known ones."""
    return UsageError(f"{named}: no such option; there are: {', '.join(known) or 'none'}")


def refusal(
    error: ValidationError, named: Callable[[str], str], known: Iterable[str] = ()
) -> UsageError:
    """The first problem, in one line."""
    where, text = first_problem(error)
    if error.errors()[0]["type"] == "extra_forbidden":
        return unknown_option(named(where), known)
    return UsageError(f"{named(where)}: {text}" if where else text)


def first_problem(error: ValidationError) -> tuple[str, str]:
    """Where and what the first problem is; the place is empty if it concerns several fields."""
    first = error.errors(include_url=False)[0]
    return ".".join(map(str, first["loc"])), first["msg"].removeprefix("Value error, ")


def need_utf8(values: Mapping[str, Any], named: Callable[[str], str]) -> None:
    """Check that all text can be written as UTF-8.

    Raises:
        UsageError: some cannot; names the option.
    """
    for name, value in values.items():
        if not is_utf8(value):
            raise UsageError(f"{named(name)}: not valid UTF-8")


def is_utf8(value: object) -> bool:
    """Whether text, or all text in lists and mappings, can be written as UTF-8.

    Bytes on a command line that are not UTF-8 arrive as lone surrogates.
    """
    if isinstance(value, str):
        return not any("\ud800" <= character <= "\udfff" for character in value)
    if isinstance(value, dict):
        return all(is_utf8(part) for pair in value.items() for part in pair)
    return not isinstance(value, list | tuple) or all(map(is_utf8, value))
