"""What each arm trains on: rows of inject or of sample, which `seapo pair` makes into pairs.

All arms have the same prompts and as many pairs (`filled`). A seed decides which negative a prompt
gets: under seeds 1, 2, 3 the mix gives each prompt its three types in turn, so three runs see all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

from study.placebo import harmless, placebo
from study.plan import Plan
from study.rows import Row, draw, drawn


@dataclass(frozen=True, slots=True)
class Pool:
    """The prompts of the study with their typed negatives."""

    negatives: Mapping[str, Mapping[str, Row]]
    """By prompt's id, in the order of a draw, then by type: rows of inject."""
    development: Sequence[Row]
    """Rows of inject of other prompts."""
    natural: Sequence[Row] = ()
    """The policy's own two answers, as rows of inject: the worse one is the negative."""
    packaged: Sequence[Row] = ()
    """Rows that `inject --mode menu` wrote with the packaged model."""

    def first(self, name: str) -> Row:
        """Any row of a prompt: for its answer."""
        return next(iter(self.negatives[name].values()))


_LOT = {"type": "coin", "mode": "study", "edits": []}
Recipe = Callable[[Pool, Sequence[str], int], list[Row]]


def make_pool(rows: Sequence[Row], plan: Plan) -> Pool:
    """Sort rows of inject into prompts to train on and others, for choosing settings."""
    found: dict[str, dict[str, Row]] = {}
    for row in drawn(rows, None, "prompts"):
        if len(row["prompt"]) + len(row["response"]) <= plan.longest:
            found.setdefault(row["id"], {})[row["error"]["type"]] = row
    whole = {name: one for name, one in found.items() if one.keys() >= set(plan.types)}
    training = dict(islice(whole.items(), plan.prompts))
    others = [
        drawn(list(one.values()), None, name)[draw(name) % len(one)]
        for name, one in found.items()
        if name not in training
    ]
    return Pool(training, drawn(others, plan.development_pairs, "development"))


def mix(pool: Pool, types: Sequence[str], seed: int) -> list[Row]:
    """One negative of each prompt, the types in turn."""
    return [
        one[types[(place + seed) % len(types)]] for place, one in enumerate(pool.negatives.values())
    ]


def single(kind: str) -> Recipe:
    """The negative of one type, of each prompt."""
    return lambda pool, _, __: [one[kind] for one in pool.negatives.values()]


def placebos(pool: Pool, types: Sequence[str], seed: int) -> list[Row]:
    """The mix of the same seed, each negative with random words in place of its mistake."""
    rows = mix(pool, types, seed)
    found = []
    for row in rows:
        others = [one["response"] for one in rows if one is not row]
        alike = [one["response"] for one in rows if one is not row and _source(one) == _source(row)]
        found.append(placebo(row, alike or others, seed))
    return found


def _source(row: Row) -> object:
    return row.get("source")


def harmless_edits(pool: Pool, types: Sequence[str], seed: int) -> list[Row]:
    """The same answers, reworded at one place."""
    return [harmless(row, seed) for row in mix(pool, types, seed)]


def coin(pool: Pool, types: Sequence[str], seed: int) -> list[Row]:
    """The mix, the wrong answer being the chosen one in half of the pairs."""
    rows = mix(pool, types, seed)
    heads = {row["id"] for row in drawn(rows, len(rows) // 2, f"coin {seed}")}
    return [
        {**row, "response": row["negative"], "negative": row["response"], "error": _LOT}
        if row["id"] in heads
        else {**row, "error": _LOT}
        for row in rows
    ]


def all_types(pool: Pool, types: Sequence[str], _: int) -> list[Row]:
    """All negatives of each prompt; `seapo pair --group` puts them in one row."""
    return [one[kind] for one in pool.negatives.values() for kind in types]


def vanilla(pool: Pool, _: Sequence[str], __: int) -> list[Row]:
    """Two answers of the policy itself to each prompt, the better one by a judge's word."""
    return list(pool.natural)


def half_natural(pool: Pool, types: Sequence[str], seed: int) -> list[Row]:
    """Every other prompt with a typed negative, the others with the policy's own two answers."""
    typed = mix(pool, types, seed)[::2]
    taken = {row["id"] for row in typed}
    return typed + [row for row in pool.natural if row["id"] not in taken]


def packaged(pool: Pool, _: Sequence[str], seed: int) -> list[Row]:
    """What the menu makes of the answers, one negative of a prompt."""
    known: dict[str, list[Row]] = {}
    for row in pool.packaged:
        known.setdefault(row["id"], []).append(row)
    return [known[name][seed % len(known[name])] for name in pool.negatives if name in known]


def filled(pairs: Sequence[Row], count: int) -> list[Row]:
    """As many as other arms have: where prompts are missing, those there are come again."""
    return list(islice(cycle(pairs), count))


RECIPES: Mapping[str, Recipe] = {
    "mix": mix,
    "placebo": placebos,
    "harmless": harmless_edits,
    "coin": coin,
    "all types": all_types,
    "vanilla": vanilla,
    "mix + natural": half_natural,
    "packaged": packaged,
    **{kind: single(kind) for kind in ("factual", "logical", "hallucination")},
}
NATURAL = ("vanilla", "mix + natural")
"""Recipes that need the policy's own answers, judged."""
