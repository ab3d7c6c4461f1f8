"""Places in code: conditions, arithmetic, calls and loops; changed code still parses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from seapo_cli.mistakes.menu.source import Block, Place, Source

Choices = Mapping[str, Sequence[str]]

CONDITIONS: Choices = {
    "<": ("<=",),
    "<=": ("<",),
    ">": (">=",),
    ">=": (">",),
    "&&": ("||",),
    "||": ("&&",),
    "and": ("or",),
    "or": ("and",),
    "continue": ("break",),
}
"""Slips that could survive a review: no plain reversals."""
SEVERE: Choices = {"<": (">",), ">": ("<",), "==": ("!=",), "!=": ("==",), "not in": ("in",)}
ARITHMETIC: Choices = {
    "/": ("//",),
    "//": ("/",),
    "%": ("//",),
    "^": ("|",),
    "&": ("|",),
    "|": ("&", "^"),
}
"""Operators that get confused; plus for minus would be noticed at once."""
FLOOR_FREE = {"/": ("%",), "%": ("/",)}
"""`//` begins a comment in languages other than Python."""
CALLS: Choices = {
    "max": ("min",),
    "min": ("max",),
    "any": ("all",),
    "all": ("any",),
    "sum": ("max", "min"),
    "upper": ("lower",),
    "lower": ("upper",),
    "isupper": ("islower",),
    "islower": ("isupper",),
    "isdigit": ("isalpha",),
    "isalpha": ("isdigit",),
    "startswith": ("endswith",),
    "endswith": ("startswith",),
    "startsWith": ("endsWith",),
    "endsWith": ("startsWith",),
    "ceil": ("floor", "round"),
    "floor": ("ceil",),
    "sin": ("cos",),
    "cos": ("sin", "tan"),
    "sqrt": ("log", "exp"),
    "union": ("intersection",),
    "intersection": ("union",),
    "lstrip": ("rstrip",),
    "rstrip": ("lstrip",),
    "push": ("unshift",),
    "nsmallest": ("nlargest",),
    "nlargest": ("nsmallest",),
    "swapcase": ("upper", "lower"),
    "start": ("end",),
    "int": ("float",),
    "float": ("int",),
    "findall": ("split",),
}
WORDS = "|".join(
    sorted((w for w in {**CONDITIONS, **SEVERE} if w[0].isalpha()), key=len, reverse=True)
)
OPERATOR = re.compile(
    rf"\b(?P<word>{WORDS})\b"
    r"|(?<=[\w)\]\"'])(?P<gap> *)(?P<sign>[-+*/%&|^=!<>]+)(?P<after> *)(?=[\w(\[\"'{.-])"
)
CALL = re.compile(rf"\b({'|'.join(CALLS)})(?=\()")
TYPES = re.compile(
    r"\b(?:int|char|float|double|void|auto|const|long|short|unsigned|struct|bool|return|in|and|or"
    r"|not|else|elif|yield|print|if|while|case|lambda|import)$"
)
"""What precedes a sign that is not an operator between two values: a type, a keyword."""
ONE_BOUND = re.compile(r"\brange\(((?:[^(),\n]|\([^(),\n]*\))+)\)")
TWO_BOUNDS = re.compile(r"\brange\(((?:[^(),\n]|\([^(),\n]*\))+), ?((?:[^(),\n]|\([^(),\n]*\))+)\)")
SLICE = re.compile(r"(?<=[\w)\]])\[(?:::-1|:|1:|:-1)\]")
SLICES = {"[:]": ("[1:]", "[:-1]"), "[::-1]": ("[:]", "[::-2]"), "[1:]": ("[:]", "[2:]")}
SLICES |= {"[:-1]": ("[:]", "[1:]")}
SORTED = re.compile(r"\b(?:sorted|reversed)(?=\(\w+\))")
LENGTH = re.compile(r"\blen\(\w+\)")


def find_conditions(source: Source) -> Iterator[Place]:
    """Comparisons, boolean operators, `if not`, and the bounds of loops."""
    table = {**CONDITIONS, **SEVERE} if source.severity == "severe" else CONDITIONS
    python = [block for block in source.blocks if block.python]
    found = [place for block in source.blocks for place in _operators(source, block, table)]
    yield from _places(source, "condition", found)
    yield from _places(source, "condition", [place for b in python for place in _bounds(source, b)])


def find_arithmetic(source: Source) -> Iterator[Place]:
    """Operators between two values, calls of a related function, and slices."""
    found: list[Found] = []
    lesser: list[Found] = []
    for block in source.blocks:
        table = ARITHMETIC if block.python else {**ARITHMETIC, **FLOOR_FREE}
        found += list(_operators(source, block, table))
        found += [(m.span(), CALLS[m[1]]) for m in source.live(CALL, block)]
        if block.python:
            lesser += [(m.span(), SLICES[m[0]]) for m in source.live(SLICE, block)]
            lesser += [(m.span(), (f"({m[0]} - 1)",)) for m in source.live(LENGTH, block)]
            lesser += [(m.span(), ("list",)) for m in source.live(SORTED, block)]
    yield from _places(source, "equation", found)
    yield from _places(source, "equation", lesser)


Found = tuple[tuple[int, int], Sequence[str]]


def _places(source: Source, kind: str, found: list[Found]) -> Iterator[Place]:
    for (start, end), others in source.rng(kind + " in code").sample(found, len(found)):
        yield source.closed(kind, start, end, "other code here", others)


def _operators(source: Source, block: Block, table: Choices) -> Iterator[Found]:
    for match in source.live(OPERATOR, block):
        name = "word" if match["word"] else "sign"
        if match[name] not in table or (name == "sign" and not _is_binary(match, block)):
            continue
        line = source.text[source.text.rfind("\n", 0, match.start()) + 1 : match.start()]
        if "__name__" not in line[-60:]:
            yield match.span(name), table[match[name]]


def _is_binary(match: re.Match[str], block: Block) -> bool:
    """Whether a sign is between two values: not a pointer, a unary sign or `List<int>`."""
    before = match.string[max(block.start, match.start() - 12) : match.start()]
    if TYPES.search(before) or (match["gap"] and not match["after"]):
        return False
    generic = match["sign"] in "<>*&" and not (match["gap"] and match["after"])
    return block.python or not generic


def _bounds(source: Source, block: Block) -> Iterator[Found]:
    for match in source.live(ONE_BOUND, block):
        yield match.span(), (f"range({match[1]} - 1)", f"range(1, {match[1]})")
    for match in source.live(TWO_BOUNDS, block):
        low, high = match[1], match[2].rstrip()
        later = str(int(low) + 1) if re.fullmatch(r"\d{1,9}", low) else f"{low} + 1"
        yield match.span(), (f"range({later}, {high})", f"range({low}, {high} - 1)")
