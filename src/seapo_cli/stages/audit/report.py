"""The findings of an audit: figures of the whole set, of each type and of each source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import orjson

from seapo_cli.stages.audit.baselines import Baseline, baselines
from seapo_cli.stages.audit.classify import cross_validate
from seapo_cli.stages.audit.features import PLACES, Features, features
from seapo_cli.stages.audit.gather import Item
from seapo_cli.stages.audit.telling import Word, telling_words
from seapo_cli.statistics import Share, share
from seapo_cli.text.safe import label
from seapo_cli.text.tables import table

_SURE = 0.01
"""The p-value up to which the sides count as told apart."""
_SHOWN_WORDS = 5
_RULES = ("word", "position", "format")
_HEAD = ["", "pairs", "told apart", "95%", "chance", "shorter right", *_RULES]
By = Literal["all", "type", "source"]


@dataclass(frozen=True, slots=True)
class Part:
    """Figures of some of the pairs, from a classifier trained on them alone."""

    by: By
    name: str
    pairs: int
    prompts: int
    accuracy: Share | None
    """How often the classifier that does not see the question finds the better side; None with
    too few prompts."""
    chance: tuple[float, float] | None
    """The interval that holds 95% of the accuracies under chance at this size."""
    p_value: float | None
    shorter_right: Share
    """How often the chosen side has fewer characters; a tie counts half."""
    length_ratio: float
    """Median of the rejected side's characters over the chosen side's."""
    changed_at: Mapping[str, float]
    """Share of pairs whose difference begins in each third of the chosen answer."""
    baselines: Mapping[str, Baseline]
    words: Sequence[Word]

    @property
    def told_apart(self) -> bool:
        """Whether the sides can be told apart more often than chance explains."""
        return self.p_value is not None and self.p_value <= _SURE

    def above(self, limit: float) -> bool:
        """Whether the accuracy is above a limit, and above what chance explains."""
        if self.accuracy is None or self.chance is None:
            return False
        return self.accuracy.value > limit and self.accuracy.value > self.chance[1]

    def dump(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "by": self.by,
            "name": self.name,
            "pairs": self.pairs,
            "prompts": self.prompts,
            "accuracy": self.accuracy and self.accuracy.dump(),
            "chance": self.chance and {"low": self.chance[0], "high": self.chance[1]},
            "p_value": self.p_value,
            "told_apart": self.told_apart,
            "shorter_right": self.shorter_right.dump(),
            "length_ratio": self.length_ratio,
            "changed_at": dict(self.changed_at),
            "baselines": {name: found.dump() for name, found in self.baselines.items()},
            "words": [word.dump() for word in self.words],
        }


def audit(items: Sequence[Item], seed: int = 0) -> list[Part]:
    """Figures of all pairs, then of each type and each source if there are several."""
    if not items:
        return []
    found = features(items)
    ratios = np.array([len(i.rejected) / max(1, len(i.chosen)) for i in items])
    every = np.arange(len(items))
    parts = [_part("all", "all", found, ratios, seed)]
    groups: tuple[tuple[By, list[str]], ...] = (
        ("type", [item.error_type for item in items]),
        ("source", [item.source for item in items]),
    )
    for by, labels in groups:
        names = sorted(set(labels))
        for name in names if len(names) > 1 else ():
            # Not as an array of text, which gives each label the space of the longest.
            rows = every[[one == name for one in labels]]
            parts.append(_part(by, name, found.of(rows), ratios[rows], seed))
    return parts


def _part(by: By, name: str, found: Features, ratios: Any, seed: int) -> Part:
    telling = cross_validate(found, seed)
    thirds = np.minimum((found.place * 3).astype(int), 2)
    return Part(
        by=by,
        name=name,
        pairs=len(found.prompts),
        prompts=len(np.unique(found.prompts)),
        accuracy=share(telling.right, found.prompts) if telling else None,
        chance=telling.band() if telling else None,
        p_value=telling.p_value if telling else None,
        shorter_right=share((1 - found.length) / 2, found.prompts),
        length_ratio=float(np.median(ratios)),
        changed_at={place: float(np.mean(thirds == n)) for n, place in enumerate(PLACES)},
        baselines=baselines(found, seed),
        words=telling_words(found, seed),
    )


@dataclass(slots=True)
class AuditReport:
    """An audit as a run reports it."""

    parts: Sequence[Part]
    left_out: int
    """Rows left out because there are more than the limit."""
    unmatched: int
    """Judged answers of prompts whose answers are all good or all bad."""
    name: str = "audit"

    def summary(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "pairs": self.parts[0].pairs if self.parts else 0,
            "rows_left_out": self.left_out,
            "answers_unmatched": self.unmatched,
            "parts": [part.dump() for part in self.parts],
        }

    def summary_text(self) -> str:
        """The summary for people, in lines."""
        lines = [_table(self.parts) if self.parts else "no pairs"]
        if any(part.told_apart for part in self.parts):
            lines.append(
                "* told apart without the question: chance explains it in at most 1 of 100 cases"
            )
        if self.left_out:
            lines.append(
                f"{self.left_out:,} rows left out, drawn by prompt; raise --max-pairs to audit more"
            )
        if self.unmatched:
            lines.append(
                f"{self.unmatched:,} answers without another one to the same prompt to compare with"
            )
        return "\n".join(lines)

    def complaint(self, limit: float) -> str | None:
        """Why the pairs do not pass at a limit on the accuracy; None if they do."""
        if not self.parts or self.parts[0].accuracy is None:
            return f"--fail-above {limit:g}: too few prompts to measure anything"
        bad = [
            f"{_label(part)} {part.accuracy.value:.2f}"
            for part in self.parts
            if part.accuracy and part.above(limit)
        ]
        return f"told apart above {limit:g} without the question: {', '.join(bad)}" if bad else None


def as_json(report: AuditReport) -> bytes:
    """The figures as a JSON document."""
    return orjson.dumps(report.summary(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _table(parts: Sequence[Part]) -> str:
    lines = [table([_HEAD, *map(_cells, parts)])]
    for part in parts:
        if part.words:
            words = "; ".join(
                f"{word.text!r} {word.chosen:,}/{word.rejected:,}"
                for word in part.words[:_SHOWN_WORDS]
            )
            lines.append(f"{_label(part)}: on chosen / rejected sides: {words}")
    return "\n".join(lines)


def _label(part: Part) -> str:
    return part.name if part.by == "all" else f"{part.by} {label(part.name)}"


def _cells(part: Part) -> list[str]:
    if part.accuracy is None or part.chance is None:
        measured = ["too few prompts", "", ""]
    else:
        accuracy, (low, high) = part.accuracy, part.chance
        mark = "*" if part.told_apart else " "
        measured = [
            f"{accuracy.value:.2f}{mark}",
            f"{accuracy.low:.2f}-{accuracy.high:.2f}",
            f"{low:.2f}-{high:.2f}",
        ]
    rules = [part.baselines.get(name) for name in _RULES]
    return [
        _label(part),
        f"{part.pairs:,}",
        *measured,
        f"{part.shorter_right.value:.2f}",
        *(f"{rule.accuracy.value:.2f}" if rule else "" for rule in rules),
    ]
