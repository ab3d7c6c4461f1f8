"""What an option is, and what checks its value. `seapo --help` reads this: nothing heavy loads.

A class of settings is a dataclass whose fields are options. Each is written once: the command
line, `seapo.toml`, the library and docs/commands.md all come from its field.
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
"""Bounds of a number of things: what servers and JSON can hold."""
SECONDS: Mapping[str, float] = {"gt": 0, "le": 10_000_000}
"""Up to 115 days: clocks and servers cannot wait for ever."""


@dataclass(slots=True, kw_only=True, eq=False)
class Option:
    """What is known of an option besides name, type, help and default of its field."""

    flags: tuple[str, ...] = ()
    """Empty where the field's name says it."""
    is_argument: bool = False
    """Whether it is set by its place, without a flag."""
    is_path: bool = False
    """Whether its text names files or addresses: taken as it is, which need not be UTF-8."""
    env: str | list[str] | None = None
    metavar: str | None = None
    group: str | None = None
    """Its section in the help; None is that of its class, else the first one."""
    harmless: bool | Callable[[Any], bool] = False
    """Whether a `seapo.toml` that nobody named may set it, or to which values."""
    bounds: Mapping[str, float] = field(default_factory=dict)
    """Those of pydantic: ge, gt, le, lt."""
    parse: Callable[[Any], Any] | None = None
    """Makes the value out of text or a list of it; raises ValueError."""
    typed: Any = None
    """Type on the command line, where it is not the field's."""
    complete: str | None = None
    """`module:name` of the names that the shell offers; `{names}` in the help are these."""
    choices: str | None = None
    """`module:name` of a registry of what it accepts besides its default, each with an `about`."""
    defaults: Mapping[str, Any] | None = None
    """Defaults that other options take where this one is given."""

    def may_be(self, value: Any) -> bool:
        """Whether a settings file that nobody named may set it to this value."""
        return self.harmless(value) if callable(self.harmless) else self.harmless


def opt(default: Any, *flags: str, within: Mapping[str, float] | None = None, **about: Any) -> Any:
    """A field that is an option; its type is `Annotated[TYPE, "what the help says"]`.

    Args:
        default: `...` where there is none; what makes it, where it is callable.
        flags: as on the command line; by default the field's name.
        within: bounds that are often needed: COUNT, SECONDS.
        about: single bounds, and what `Option` has.
    """
    bounds: dict[str, float] = dict(within or {})
    bounds |= {name: about.pop(name) for name in ("ge", "gt", "le", "lt") if name in about}
    option = Option(flags=flags, bounds=bounds, **about)
    made = {"default_factory" if callable(default) else "default": default}
    return field(metadata={"option": option}, **({} if default is ... else made))


def argument(default: Any, *, metavar: str) -> Any:
    """A field that is set by its place on the command line."""
    return opt(default, metavar=metavar, is_argument=True, is_path=True)


def option_of(place: object) -> Option | None:
    """What makes a field an option; None for one that only the library sets."""
    return place.metadata.get("option") if isinstance(place, Field) else None


def _is_path(place: Field[Any]) -> bool:
    option = option_of(place)
    return option is not None and option.is_path


def flags_of(place: Field[Any]) -> tuple[str, ...]:
    """How a field is named on the command line, the long form first."""
    option = option_of(place)
    return (option.flags if option else ()) or (f"--{place.name.replace('_', '-')}",)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
class Settings:
    """Base of all settings: immutable, unknown names and values that are not finite rejected.

    `group` is the section of the help for those options of a class that name none.

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
        """Look at what lies between fields.

        Raises:
            UsageError: values do not go together.
        """

    @classmethod
    def checked(cls, **values: Any) -> Self:
        """Build from outside values, whose types are not known.

        Raises:
            UsageError: a value is wrong; names the option and what it accepts.
        """
        return cls(**values)

    @classmethod
    def option_of(cls, name: str) -> str:
        """How a user names a field: the option of the command line."""
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
    """The fields of a class of settings, those of its bases first."""
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
    """The values in the types of their fields."""
    from pydantic import ValidationError

    model = _model(kind)  # type: ignore[arg-type]  # a class can be hashed, if its values cannot
    try:
        found = model(**values)
    except ValidationError as error:
        raise refusal(error, kind.option_of) from None
    return {name: getattr(found, name) for name in model.model_fields}


@cache
def _model(kind: type[Settings]) -> type[BaseModel]:
    """What validates: the same fields for pydantic, which is too slow to import for `--help`."""
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
    """There is no such option: says which there are."""
    return UsageError(f"{named}: no such option; there are: {', '.join(known) or 'none'}")


def refusal(
    error: ValidationError, named: Callable[[str], str], known: Iterable[str] = ()
) -> UsageError:
    """What the first problem is, in one line."""
    where, text = first_problem(error)
    if error.errors()[0]["type"] == "extra_forbidden":
        return unknown_option(named(where), known)
    return UsageError(f"{named(where)}: {text}" if where else text)


def first_problem(error: ValidationError) -> tuple[str, str]:
    """Where and what the first problem is; the place is empty where it lies between fields."""
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

    Bytes of a command line that are not UTF-8 come as lone surrogates.
    """
    if isinstance(value, str):
        return not any("\ud800" <= character <= "\udfff" for character in value)
    if isinstance(value, dict):
        return all(is_utf8(part) for pair in value.items() for part in pair)
    return not isinstance(value, list | tuple) or all(map(is_utf8, value))
