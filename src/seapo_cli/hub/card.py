"""The card: README.md of a dataset, from what the rows and the files about them tell."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from seapo_cli import __version__
from seapo_cli.hub.data import Data
from seapo_cli.hub.private import public_name, without_home
from seapo_cli.options import PushSettings
from seapo_cli.report.entry import Entry
from seapo_cli.report.funnel import drop_table, drops, rows_by, steps
from seapo_cli.report.inputs import Inputs
from seapo_cli.report.kinds import Kind
from seapo_cli.report.loose import amount, interval, name, objects
from seapo_cli.report.sections import Table
from seapo_cli.text.safe import label, masked, safe

MARK = "<!-- Written by `seapo push`, which may replace this file. -->"
"""What tells a card of seapo's from somebody else's."""
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_MARKUP = re.compile(r"([\\`*_{}\[\]<>|#&~$])")
_FENCE = re.compile(r"`{3,}")
_LIMITS = (
    "**The rejected answers are wrong on purpose.** They are fluent and meant to be believed: do "
    "not train on them as answers, and do not take facts from them. The chosen answers are as good "
    "as where they come from; nobody has checked each of them, nor that every rejected answer "
    "is worse, unless it is said above. The mistakes are of the named kinds only, so a model "
    "trained on these pairs learns to avoid those, and perhaps no others."
)


def card(settings: PushSettings, data: Data, inputs: Inputs) -> bytes:
    """The whole file."""
    from huggingface_hub import DatasetCardData

    title = settings.title or settings.to.resolve().name
    count = data.counts.total()
    meta = DatasetCardData(
        pretty_name=title,
        license=settings.license,
        language=data.languages or None,
        task_categories=["text-generation"],
        size_categories=[next((name for most, name in _SIZES if count < most), "n>1M")],
        tags=["dpo", "preference", "synthetic", "seapo"],
        configs=[
            {
                "config_name": "default",
                "data_files": [
                    {"split": split, "path": file} for split, file in data.files.items()
                ],
            }
        ],
        dataset_info={"features": data.columns.features},
    )
    parts = [f"---\n{meta.to_yaml()}\n---\n{MARK}", f"# {_plain(title)}"]
    parts += _sections(settings, data, inputs)
    return masked("\n\n".join(parts) + "\n").encode()


def _sections(settings: PushSettings, data: Data, inputs: Inputs) -> Iterator[str]:
    yield (
        "Preference pairs from typed mistakes: a good answer to each prompt, and the same answer "
        f"with a mistake of a known kind put into it. Made with seapo {__version__} by the method "
        "of [SeaPO](https://arxiv.org/abs/2509.24781) (EMNLP 2025 Findings)."
    )
    splits = [(split, f"{data.counts[split]:,}") for split in data.files]
    yield _table(Table("", ("split", "rows"), splits))
    if data.example:
        prompt, kind, text = data.example
        kind = f" ({_plain(label(kind))})" if kind else ""
        yield f"## Example\n\nThe prompt, then the chosen answer with the mistake marked{kind}:"
        yield _fenced(f"{prompt}\n\n{text}")
    yield from _origin(inputs)
    yield from _made(inputs)
    yield from _audited(inputs)
    yield from _licences(settings, data, inputs)
    yield f"## Limits\n\n{_LIMITS}"
    yield (
        "## Citation\n\nPlease cite the paper of the method, "
        "[arXiv:2509.24781](https://arxiv.org/abs/2509.24781), and this dataset."
    )


def _origin(inputs: Inputs) -> Iterator[str]:
    """From prompts to pairs, and counts by type and source."""
    found = steps(inputs)
    if len(found) > 1:
        rows = [(one.name, f"{one.count:,}") for one in found]
        yield "## From prompts to pairs"
        yield _table(Table("", ("", "rows"), rows))
    if lost := drops(inputs):
        yield _table(drop_table(lost))
    tables = [rows_by("type", inputs), rows_by("source", inputs)]
    if shown := [_table(table) for table in tables if table.rows]:
        yield "## What is in it"
        yield from shown


def _made(inputs: Inputs) -> Iterator[str]:
    """Models, wordings and seeds of the pairs that tell."""
    entries = [entry for entry in inputs.rows.entries() if entry.bad is not None]
    roles = (("chosen", "sample"), ("rejected", "error"))
    rows = [
        (role, *values, f"{count:,}")
        for role, where in roles
        for values, count in _count(entries, where, "model")
    ]
    wordings = _count(entries, "error", "template", "template_hash")
    seeds = {amount(entry.sample, "parameters", "seed") for entry in entries} - {None}
    if not (rows or wordings or seeds):
        return
    note = f" Of {len(entries):,} rows, whose prompts were drawn." if inputs.rows.left_out else ""
    yield f"## How it was made\n\nCounted where rows tell.{note}"
    if rows:
        yield _table(Table("", ("answers", "model", "rows"), rows))
    if wordings:
        cells = [(*values, f"{count:,}") for values, count in wordings]
        yield _table(Table("", ("wording of the mistake", "hash", "rows"), cells))
    if seeds:
        numbers = sorted(int(seed) for seed in seeds if seed is not None)
        told = ", ".join(map(str, numbers[:10])) + (", …" if len(numbers) > 10 else "")
        yield f"Seeds of sampling: {told}."


def _count(entries: Sequence[Entry], where: str, *keys: str) -> list[tuple[tuple[str, ...], int]]:
    counts: Counter[tuple[str, ...]] = Counter()
    for entry in entries:
        values = tuple(public_name(name(getattr(entry, where), key)) for key in keys)
        counts[values] += any(values)
    return [one for one in counts.most_common(40) if one[1]]


def _audited(inputs: Inputs) -> Iterator[str]:
    for document in inputs.audits.values():
        for part in objects(document, "parts")[:1]:
            share, chance = interval(part.get("accuracy")), interval(part.get("chance"))
            value, pairs = amount(part, "accuracy", "value"), amount(part, "pairs")
            if share and chance and value is not None and pairs:
                yield (
                    "## Audit\n\nA classifier that never sees the prompt finds the chosen side in "
                    f"{value:.0%} of {pairs:,.0f} pairs (95%: {share[0]:.0%} to {share[1]:.0%}; "
                    f"by chance {chance[0]:.0%} to {chance[1]:.0%}). The closer to 50%, the less "
                    "gives the sides away but what they say."
                )


def _licences(settings: PushSettings, data: Data, inputs: Inputs) -> Iterator[str]:
    """What the publisher says; what nobody said is said to be unknown."""
    given = [*settings.about, *(file for some in data.splits.values() for file in some)]
    files = {Path(file).name for file in given}
    stages: tuple[Kind, ...] = ("pair", "kept", "negative")
    counts: Counter[str] = Counter()
    for stage in stages:
        counts.update(inputs.rows.counts(stage, "source"))
    sources = [source for source, _ in counts.most_common() if source and source not in files]
    names = dict.fromkeys([*sources, *settings.source_licenses])
    if settings.license == "unknown":
        yield "## Licences\n\nThe licence of these pairs is **unknown**: its publisher named none."
    else:
        yield f"## Licences\n\nThe pairs: {settings.license}, as their publisher says."
    if names:
        rows = [(source, settings.source_licenses.get(source, "unknown")) for source in names]
        yield _table(Table("", ("source", "licence"), rows))


def _table(table: Table) -> str:
    lines = [f"**{_plain(table.title)}**\n"] if table.title else []
    lines += [_row(table.head), _row(["---"] * len(table.head), raw=True)]
    lines += [_row(row) for row in table.rows]
    return "\n".join(lines + ([f"\n{_plain(table.note)}"] if table.note else []))


def _row(cells: Sequence[str], raw: bool = False) -> str:
    return f"| {' | '.join(cells if raw else map(_plain, cells))} |"


def _plain(text: str) -> str:
    """Text from rows that is not markup in Markdown, in one line."""
    return _MARKUP.sub(r"\\\1", " ".join(safe(without_home(text)).split()))


def _fenced(text: str) -> str:
    longest = max((len(found) for found in _FENCE.findall(text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def is_ours(text: str) -> bool:
    """Whether a card was written by `seapo push`."""
    return MARK in text


def listed_files(text: str) -> set[str]:
    """The data files that a card of ours names."""
    return set(re.findall(r"^ +path: (data/[\w.]+\.jsonl)$", text, re.MULTILINE))
