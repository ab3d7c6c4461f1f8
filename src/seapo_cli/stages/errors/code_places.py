"""Places in code: conditions and arithmetic, changed so that the code still parses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seapo_cli.stages.errors.source import Place, Source
from seapo_cli.stages.errors.word_tables import Table, read_table

CONDITIONS = """
<: <= | > | >=
>: >= | < | <=
<=: < | >= | >
>=: > | <= | <
==: != | >= | <=
!=: == | < | >
&&: ||
||: &&
and: or
or: and
not in: in
is not: is
true: false
false: true
min( : max(
max( : min(
any( : all(
all( : any(
.append( : .remove(
break: continue
if not: if
"""

ARITHMETIC = """
+: - | *
-: + | *
*: + | -
/: * | -
//: / | *
%: // | *
+=: -= | *=
-=: += | *=
+ 1: - 1 | + 2
- 1: + 1 | - 2
"""


def find_conditions(source: Source, kind: str) -> Iterator[Place]:
    """Comparisons, boolean operators and the like."""
    return _find(source, kind, CONDITION_TABLE)


def find_arithmetic(source: Source, kind: str) -> Iterator[Place]:
    """Arithmetic operators."""
    return _find(source, kind, ARITHMETIC_TABLE)


def _find(source: Source, kind: str, table: Table) -> Iterator[Place]:
    either = "|".join(re.escape(word) for word in sorted(table, key=len, reverse=True))
    operator = re.compile(rf"(?<=[ \w)\]])(?<![-+*/=<>!&|\w\"'])(?:{either})(?![-+*/=<>!&|\w\"'])")
    found = list(source.words(operator, code=True))
    rng = source.rng(kind + " in code")
    for match in rng.sample(found, len(found)):
        yield source.closed(kind, *match.span(), "another operator", table[match[0]])


CONDITION_TABLE = read_table(CONDITIONS)
ARITHMETIC_TABLE = read_table(ARITHMETIC)
