"""Tables and a plot of what is finished, written into docs/study.md between two marks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from harness import ROOT
from study.outcomes import BENCHMARKS, DEVELOPMENT, UNTOUCHED
from study.rows import whole
from study.verdict import (
    MEASURES,
    Difference,
    Items,
    Results,
    chosen,
    perplexity,
    read_results,
    score,
    verdict,
)

if TYPE_CHECKING:
    from study.runs import Study

_MARKS = "<!-- results: written by `python -m study` -->", "<!-- end of results -->"
_NAMES = {"scaled_margin": "margin / spread", "accuracy": "accuracy", "auc": "AUC"}
_PLOT = "study.png"

Cells = Sequence[object]


def report(study: Study, page: Path) -> None:
    """Write the part of the page that comes from results, and the plot."""
    written_between(page, _MARKS, _told(study))


def written_between(page: Path, marks: tuple[str, str], text: str) -> None:
    """Put a text between two marks of a page; one that is not there begins as docs/study.md."""
    template = page if page.exists() else ROOT / "docs" / "study.md"
    before, start, rest = template.read_text("utf-8").partition(marks[0])
    _, end, after = rest.partition(marks[1])
    if not (start and end):
        raise SystemExit(f"{template}: the lines {marks[0]} and {marks[1]} are missing")
    whole(page, f"{before}{start}\n\n{text.strip()}\n\n{end}{after}")


def _told(study: Study) -> str:
    found = {path.stem: _known(study, f"runs/{path.stem}") for path in _files(study, "runs")}
    base, items = study.known("base"), study.known("items")
    if base is None or items is None:
        return "Nothing is finished yet.\n"
    results = read_results({"base": base, "items": items, **found}, tuple(study.plan.outcomes))
    rule = study.plan.verdict
    arm, controls = rule["arm"], [one for one in rule["controls"] if one in results.runs]
    parts = [_stand(study, results), _tuning(study)]
    if arm in results.runs and controls:
        parts += [
            _verdict(study, results, controls),
            _by_set(results, arm, controls),
            _related(results, arm, study.plan.related),
        ]
        if drawn := _plot(results, arm, rule["measure"], study.results / _PLOT):
            parts.append(drawn)
    parts += [_arms(results), _kept(results), _data(found)]
    return "\n".join(part for part in parts if part)


def _files(study: Study, folder: str) -> list[Path]:
    return sorted((study.results / folder).glob("*.json"))


def _known(study: Study, name: str) -> dict[str, Any]:
    found = study.known(name)
    assert found is not None
    return found


def _stand(study: Study, results: Results) -> str:
    done = sum(len(seeds) for arm, seeds in results.runs.items() if arm != "base")
    text = f"{done} runs are finished; plan {study.plan.hash}."
    more = "In the column seeds, 1 says that the spread over seeds is that of arms with several."
    return f"{text} Intervals are 95%. {more}\n"


def _tuning(study: Study) -> str:
    """Which rate each arm got, and why."""
    told = [_known(study, f"tuning/{path.stem}") for path in _files(study, "tuning")]
    if not told:
        return ""
    rows = [
        [one["arm"], f"{one['rate']:g}", *_figures(one["items"][DEVELOPMENT])]
        for one in sorted(told, key=lambda one: (one["arm"], one["rate"]))
    ]
    return section("Rates, on development pairs only", ["arm", "rate", *_NAMES.values()], rows)


def _figures(items: Sequence[Sequence[float]]) -> list[str]:
    return [f"{MEASURES[name](items).value:.3f}" for name in _NAMES]


def _verdict(study: Study, results: Results, controls: Sequence[str]) -> str:
    """The differences that decide, in the mean over the sets."""
    arm, measure = (study.plan.verdict[key] for key in ("arm", "measure"))
    rows = [
        [f"{arm} - {control}", _NAMES[name], *_cells(results.differences(name).of(arm, control))]
        for name in _NAMES
        for control in (*controls, "base")
    ]
    table = section("Verdict", ["difference", "in", *_HEAD], rows)
    needed = (arm, *study.plan.verdict["controls"])
    missing = [
        f"{name}, seed {seed}"
        for name in needed
        for seed in study.plan.arm(name).seeds
        if seed not in results.runs.get(name, {})
    ]
    if missing:
        return f"{table}\nNot decided yet: {'; '.join(missing)} are missing.\n"
    found = {one: results.differences(measure).of(arm, one) for one in controls}
    return f"{table}\n**{verdict(found)}** (by {_NAMES[measure]}).\n"


_HEAD = ("value", "95%", "p", "detectable", "seeds")


def _cells(one: Difference) -> list[str]:
    low, high = one.interval()
    return [
        f"{one.value:+.4f}",
        f"{low:+.4f} to {high:+.4f}",
        f"{one.p_value:.3f}",
        f"{one.detectable():.4f}",
        str(one.seeds),
    ]


def _by_set(results: Results, arm: str, controls: Sequence[str]) -> str:
    rows = [
        [f"{arm} - {control}", name, _NAMES[measure], *_cells(one), f"{p:.3f}"]
        for control in controls
        for measure in _NAMES
        for name, (one, p) in results.by_set(measure, arm, control).items()
    ]
    head = ["difference", "set", "in", *_HEAD, "p (Holm)"]
    return section("Set by set", head, rows)


def _related(results: Results, arm: str, related: Mapping[str, str]) -> str:
    """Each type on the set that it should move most, against the mix."""
    rows = [
        [kind, one, *_cells(results.differences("scaled_margin", [one]).of(kind, arm))]
        for kind, one in related.items()
        if kind in results.runs
    ]
    head = ["type - mix", "set", *_HEAD]
    return section("Single types on their own ground, margin / spread", head, rows) if rows else ""


def _arms(results: Results) -> str:
    """Every arm's figures, seeds averaged."""
    means = results.differences("scaled_margin")
    rows = []
    for arm, seeds in results.runs.items():
        cells = [
            f"{_over(seeds, 'scaled_margin', [one]):.3f}" for one in (*results.sets, DEVELOPMENT)
        ]
        change = _short(means.of(arm, "base")) if arm != "base" else ""
        right = f"{_over(seeds, 'accuracy', results.sets):.3f}"
        rows.append([arm, len(seeds), *cells, change, right])
    head = ["arm", "seeds", *results.sets, DEVELOPMENT, "mean of sets - base", "accuracy"]
    return section("All arms, margin / spread", head, rows)


def _over(seeds: Mapping[int, Mapping[str, Items]], measure: str, sets: Sequence[str]) -> float:
    """A figure's mean over seeds and sets."""
    of = MEASURES[measure]
    return float(np.mean([of(items[one]).value for items in seeds.values() for one in sets]))


def _short(one: Difference) -> str:
    low, high = one.interval()
    return f"{one.value:+.3f} ± {(high - low) / 2:.3f}"


def _kept(results: Results) -> str:
    """What was lost or won beside the outcome."""
    lost = results.of(lambda items: chosen(items[UNTOUCHED]), [UNTOUCHED])
    own = results.of(lambda items: chosen(items[DEVELOPMENT]), [DEVELOPMENT])
    rows = []
    for arm, seeds in results.runs.items():
        found = [f"{np.mean([perplexity(items[UNTOUCHED]) for items in seeds.values()]):.2f}"]
        trained = arm != "base"
        found += [_short(one.of(arm, "base")) if trained else "" for one in (lost, own)]
        for task in BENCHMARKS:
            of_task = results.of(lambda items: score(items[task]), [task])  # noqa: B023
            value = np.mean([one.value for one in of_task.figures[arm].values()])
            change = f" ({_short(of_task.of(arm, 'base'))})" if trained else ""
            found.append(f"{value:.3f}{change}")
        rows.append([arm, *found])
    head = [
        "arm",
        "perplexity, untouched answers",
        "log p a token, untouched, change",
        "log p a token of chosen, held out, change",
        *BENCHMARKS,
    ]
    return section("What else moved", head, rows)


def _data(found: Mapping[str, Mapping[str, Any]]) -> str:
    """How well pairs can be told apart without the question, and what runs took."""
    rows = [
        [
            name,
            f"{one['rate']:g}",
            one["audit"]["distinct"],
            one["steps"],
            f"{one['audit']['accuracy']['value']:.2f}" if one["audit"]["accuracy"] else "-",
            f"{one['audit']['shorter_right']['value']:.2f}"
            if one["audit"]["shorter_right"]
            else "-",
            f"{one['train_seconds'] / 60:.1f} + {one['eval_seconds'] / 60:.1f}",
        ]
        for name, one in found.items()
    ]
    head = ["run", "rate", "distinct rows", "steps", "told apart", "shorter right", "minutes"]
    return section("Data and time", head, rows)


def section(title: str, head: Cells, rows: Iterable[Cells]) -> str:
    """A heading with a table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        [f"### {title}", "", *("| " + " | ".join(map(str, line)) + " |" for line in lines), ""]
    )


def _plot(results: Results, arm: str, measure: str, target: Path) -> str:
    """Every arm minus the mix, set by set; nothing where matplotlib is not installed."""
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        return f"![Every arm minus the mix]({_link(target)})\n" if target.exists() else ""
    others = [name for name in results.runs if name != arm]
    panels = {**{name: [name] for name in results.sets}, "mean of all": list(results.sets)}
    size = (2.6 * len(panels) + 1.5, 0.32 * len(others) + 1.4)
    figure, axes = plt.subplots(1, len(panels), figsize=size, sharey=True, layout="constrained")
    for axis, (title, sets) in zip(axes, panels.items(), strict=True):
        of = results.differences(measure, sets)
        for row, name in enumerate(others):
            one = of.of(name, arm)
            low, high = one.interval()
            axis.plot([low, high], [row, row], color="tab:blue")
            axis.plot(one.value, row, "o", color="tab:blue")
        axis.axvline(0, color="grey", linewidth=0.8)
        axis.set(title=title)
        axis.locator_params(axis="x", nbins=4)
    axes[0].set_yticks(range(len(others)), others)
    axes[0].invert_yaxis()
    figure.supxlabel(f"minus the mix, {_NAMES[measure]}, 95%")
    figure.savefig(target, dpi=110)
    plt.close(figure)
    return f"![Every arm minus the mix]({_link(target)})\n"


def _link(target: Path) -> str:
    """Relative to docs/, where the page is."""
    return f"../{target.relative_to(ROOT)}" if target.is_relative_to(ROOT) else target.name
