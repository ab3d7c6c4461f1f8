"""What a tool's schema says about a call's arguments."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from seapo_cli.calls import Tool, canonical_json

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

_NAMED = {"properties", "$defs", "definitions"}
"""Keywords that hold schemas by name."""
_ALTERNATIVES = {"anyOf", "oneOf"}
_PARTS = {"allOf", "if", "then", "else", "dependentSchemas"}
_INVENTED = ("additionalProperties", "unevaluatedProperties", "enum", "const")
_MOST_SCHEMAS = 1024


class BadSchema(Exception):
    """A tool's schema cannot be used; `str()` says why."""


class Fault(NamedTuple):
    """Why arguments are not accepted."""

    kind: str
    """`invented`: a name or a value of a closed list that the schema lacks; `missing`; `other`."""
    message: str


def parameters_of(tool: Tool) -> Mapping[str, Any]:
    """The schema of a tool's arguments; a tool that names none takes none."""
    return tool["function"].get("parameters") or {"type": "object", "properties": {}}


def faults(tool: Tool, arguments: Mapping[str, Any]) -> list[Fault]:
    """All objections of a tool's schema to arguments.

    Names that it does not list are not accepted, unless it says that it takes others.

    Raises:
        BadSchema: it is not a JSON Schema, or has a dangling reference.
    """
    from referencing.exceptions import Unresolvable

    validator = _validator(canonical_json(parameters_of(tool)))
    try:
        return [_fault(error) for error in validator.iter_errors(arguments)]
    except (Unresolvable, RecursionError, ArithmeticError, re.error) as error:
        raise BadSchema(f"{tool['function']['name']}: {type(error).__name__} {error}") from None


@lru_cache(maxsize=_MOST_SCHEMAS)
def _validator(text: str) -> Validator:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError
    from referencing import Registry

    schema = json.loads(text)
    joined = '"allOf"' in text
    try:
        Draft202012Validator.check_schema(schema)
        # An empty registry: a reference must not fetch anything.
        return Draft202012Validator(schema if joined else _closed(schema), registry=Registry())
    except (SchemaError, RecursionError) as error:
        reason = getattr(error, "message", type(error).__name__)
        raise BadSchema(f"not a JSON Schema: {reason}") from None


def _closed(schema: Any) -> Any:
    """The schema with objects that take only the names that they list.

    Not if a schema is composed of several: there each part knows only some of the names.
    """
    if not isinstance(schema, dict):
        return schema
    found = dict(schema)
    for name in _NAMED & schema.keys():
        if isinstance(schema[name], dict):
            found[name] = {key: _closed(one) for key, one in schema[name].items()}
    if "items" in schema:
        found["items"] = _closed(schema["items"])
    has_names = isinstance(schema.get("properties"), dict)
    for name in _ALTERNATIVES & schema.keys():
        if isinstance(schema[name], list) and not has_names:
            found[name] = [_closed(one) for one in schema[name]]
    if has_names and not any(_takes_more(name, one) for name, one in schema.items()):
        found["additionalProperties"] = False
    return found


def _takes_more(keyword: str, value: Any) -> bool:
    """Whether a keyword lets an object have names that its `properties` do not list."""
    if keyword in _ALTERNATIVES or keyword in _PARTS:
        return '"properties"' in json.dumps(value) or "$ref" in json.dumps(value)
    return keyword in ("additionalProperties", "unevaluatedProperties", "patternProperties", "$ref")


def _fault(error: ValidationError) -> Fault:
    kinds = {str(leaf.validator) for leaf in _leaves(error)}
    if kinds & {*_INVENTED}:
        kind = "invented"
    else:
        kind = "missing" if kinds <= {"required", "dependentRequired"} else "other"
    return Fault(kind, error.message if len(error.message) <= 160 else f"{error.message[:157]}...")


def _leaves(error: ValidationError) -> Iterator[ValidationError]:
    """The error itself, or those of the alternatives that it sums up."""
    if not error.context:
        yield error
    for inner in error.context or ():
        yield from _leaves(inner)
