"""Options as typer parameters: a command names the settings classes that it takes."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass
from functools import cache
from importlib import import_module
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import typer

from seapo_cli.options.option import Option, Settings, flags_of, option_of, settings_fields

_COUNTLESS = 1_000_000
"""Bounds from here on only keep out what no server can hold: not worth showing in the help."""


@dataclass(frozen=True)
class Shown:
    """How a command shows a settings class: `Annotated[BackendSettings, Shown(...)]`."""

    without: tuple[str, ...] = ()
    """Fields that the command does not take."""
    group: str | None = None
    """Help section for the options that would otherwise be in the first one."""


Classes = Mapping[str, tuple[type[Settings], Shown]]
"""The settings classes that a command takes, by parameter name."""
_taken: dict[Callable[..., None], Classes] = {}


def expanded(command: Callable[..., None]) -> Callable[..., None]:
    """Replace parameters that are settings classes by their options, as typer sees them.

    An option that two classes share is a single option, whose value both get.
    """
    hints = get_type_hints(command, include_extras=True)
    classes = {
        name: (hints[name].__origin__, hints[name].__metadata__[0])
        if get_origin(hints[name]) is Annotated
        else (hints[name], Shown())
        for name in inspect.signature(command).parameters
        if name != "context"
    }
    parameters: dict[str, inspect.Parameter] = {}
    for kind, shown in classes.values():
        parameters |= _parameters(kind, shown)

    def call(context: typer.Context, **values: Any) -> None:
        _help_at_terminal(context, values)
        given = {name: value for name, value in values.items() if value is not None}
        settings: dict[str, Any] = {
            name: kind.checked(**{n: given[n] for n in _parameters(kind, shown) if n in given})
            for name, (kind, shown) in classes.items()
        }
        command(**settings, **({"context": context} if "context" in hints else {}))

    first = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    call.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [first, *parameters.values()]
    )
    call.__annotations__ = {}
    call.__name__, call.__doc__ = command.__name__, command.__doc__
    _taken[call] = classes
    return call


def options_of(command: Callable[..., None]) -> Iterator[tuple[str, Field[Any], Option]]:
    """The options of a command by their long flags without `--`, each with its field."""
    for kind, shown in _taken.get(command, {}).values():
        for place in _places(kind, shown):
            option = option_of(place)
            if option is not None and not option.is_argument:
                for flag in flags_of(place):
                    if flag.startswith("--"):
                        yield flag.removeprefix("--"), place, option


def _help_at_terminal(context: typer.Context, values: Mapping[str, Any]) -> None:
    """Show the help and exit with 2 if the bare command was typed at a terminal."""
    arguments = (p.name for p in context.command.params if p.param_type_name == "argument")
    read = [values[name or ""] or "-" for name in arguments]
    if (
        any("-" in ([name] if isinstance(name, str) else name) for name in read)
        and sys.stdin is not None
        and sys.stdin.isatty()
    ):
        print(context.get_help(), file=sys.stderr)
        raise typer.Exit(2)


def _places(kind: type[Settings], shown: Shown) -> list[Field[Any]]:
    """The fields that are options, a class's own before those of its bases."""
    found = {place.name: place for place in settings_fields(kind) if option_of(place)}
    own_first = (name for one in kind.__mro__ for name in vars(one).get("__annotations__", ()))
    names = dict.fromkeys(name for name in own_first if name in found)
    return [found[name] for name in names if name not in shown.without]


@cache
def _parameters(kind: type[Settings], shown: Shown) -> dict[str, inspect.Parameter]:
    """The typer parameter for each field."""
    hints = get_type_hints(kind, include_extras=True)
    return {
        place.name: _parameter(place, hints[place.name], shown) for place in _places(kind, shown)
    }


def _parameter(place: Field[Any], hint: Any, shown: Shown) -> inspect.Parameter:
    option, default = place.metadata["option"], _default(place)
    about: str
    hint, about = get_args(hint)
    if option.choices:
        known: Mapping[str, Any] = _at(option.choices)
        hint = Literal[default, *known]
        about = "; ".join([*(f"{name}: {one.about}" for name, one in known.items()), about])
    elif "{names}" in about and option.complete:
        about = about.format(names=", ".join(_at(option.complete)))
    elif option.typed:
        hint = option.typed
    elif get_origin(hint) is tuple and get_args(hint)[-1] is ...:
        hint = list[get_args(hint)[0]]  # type: ignore[misc]
    return inspect.Parameter(
        place.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[
            hint | None if default is None else hint, _info(place, hint, about, option, shown)
        ],
    )


def _default(place: Field[Any]) -> Any:
    """The default that the command line shows; None leaves it to the class."""
    if place.default is MISSING:
        return inspect.Parameter.empty if place.default_factory is MISSING else None
    return None if isinstance(place.default, tuple) or place.default == "" else place.default


def _info(place: Field[Any], hint: Any, about: str, option: Option, shown: Shown) -> Any:
    if option.is_argument:
        return typer.Argument(metavar=option.metavar, help=about, show_default=False)
    flags = flags_of(place)
    if place.default is True or hint == bool | None:
        flags = (f"{flags[0]}/--no-{flags[0].removeprefix('--')}",)
    chosen = option.defaults
    return typer.Option(
        *flags,
        envvar=option.env,
        show_envvar=option.env is not None,
        metavar=option.metavar,
        help=f"{about}{_range(option)}",
        rich_help_panel=option.group or shown.group,
        autocompletion=_offering(option.complete) if option.complete else None,
        is_eager=chosen is not None,
        callback=_taking(chosen) if chosen else None,
    )


def _range(option: Option) -> str:
    """The help's note on a value that has an upper bound."""
    low, high = option.bounds, option.bounds.get("le", option.bounds.get("lt", _COUNTLESS))
    if high >= _COUNTLESS:
        return ""
    least = f"{low['gt']:g}<" if "gt" in low else f"{low['ge']:g}<=" if "ge" in low else ""
    return f" [{least}x{'<=' if 'le' in low else '<'}{high:g}]"


def _taking(chosen: Mapping[str, Any]) -> Callable[[typer.Context, bool], bool]:
    """The callback of a flag that changes the defaults of other options."""

    def take(context: typer.Context, value: bool) -> bool:
        if value:
            context.default_map = {**chosen, **(context.default_map or {})}
        return value

    return take


def _offering(names: str) -> Callable[[str], list[str]]:
    """A completion function that offers the names at `module:name`."""

    def offered(incomplete: str) -> list[str]:
        found = _at(names)
        known: Iterable[str] = found() if callable(found) else found
        before, comma, last = incomplete.rpartition(",")  # the last one in a comma-separated list
        return [f"{before}{comma}{name}" for name in known if name.startswith(last)]

    return offered


def _at(place: str) -> Any:
    """The object at `module:name`."""
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)
