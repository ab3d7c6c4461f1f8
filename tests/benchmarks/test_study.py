"""The study's own parts: data of the arms, steps as pairs, statistics over seeds."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from seapo_cli.formats.reader import known_edits
from seapo_cli.statistics import Statistic, difference, mean, scaled_mean
from study import arms, natural, placebo
from study.outcomes import BENCHMARKS, DEVELOPMENT, UNTOUCHED, compact
from study.plan import Arm, Plan, Run, read_plan
from study.report import report
from study.rows import Row, drawn, drawn_of_each
from study.runs import Study, as_options
from study.steps import computed, evaluate, step_pair, swapped
from study.verdict import Difference, Differences, apart, margin, perplexity, together, verdict

ANSWERS = (
    "The river is not deep, because it has little water in summer and no springs nearby.",
    "There are 12 eggs in a box, so 3 boxes hold 36 eggs, which is enough for the whole week.",
    "A kettle heats water quickly, and it is safe to leave on the shelf when it has cooled.",
    "Paris is the capital of France and lies on the Seine, north of the Loire valley.",
)


def injected(number: int, kind: str) -> Row:
    answer = ANSWERS[number % len(ANSWERS)]
    start = answer.index(" ") + 1
    end = answer.index(" ", start)
    edits = [{"start": start, "end": end, "original": answer[start:end], "replacement": kind}]
    return {
        "id": f"row-{number}",
        "prompt": f"Question {number}?",
        "response": answer,
        "negative": answer[:start] + kind + answer[end:],
        "error": {"type": kind, "mode": "propose", "edits": edits},
        "source": "test",
    }


@pytest.fixture
def pool() -> arms.Pool:
    plan = replace(read_plan(), prompts=9, development_pairs=4)
    rows = [
        injected(n, kind) for n in range(12) for kind in plan.types if n != 11 or kind != "logical"
    ]
    return arms.make_pool(rows, plan)


TYPES = read_plan().types


def test_pool_keeps_training_and_development_prompts_apart(pool: arms.Pool) -> None:
    assert len(pool.negatives) == 9
    assert len(pool.development) == 3
    assert not {row["id"] for row in pool.development} & pool.negatives.keys()
    assert "row-11" not in pool.negatives  # it lacks a type


def test_three_seeds_of_the_mix_see_every_negative_once(pool: arms.Pool) -> None:
    seen = [
        (row["id"], row["error"]["type"]) for s in (1, 2, 3) for row in arms.mix(pool, TYPES, s)
    ]
    assert len(seen) == len(set(seen)) == 27
    kinds = [row["error"]["type"] for row in arms.mix(pool, TYPES, 1)]
    assert {kinds.count(kind) for kind in TYPES} == {3}


@pytest.mark.parametrize("name", [name for name in arms.RECIPES if name != "all types"])
def test_arms_have_the_same_prompts_and_as_many_pairs(pool: arms.Pool, name: str) -> None:
    other = [{**injected(n, "natural"), "id": i} for n, i in enumerate(pool.negatives)]
    pool = replace(pool, natural=other, packaged=other[:4])
    rows = arms.RECIPES[name](pool, TYPES, 1)
    assert len(arms.filled(rows, 9)) == len(pool.negatives)
    assert all(row["response"] != row["negative"] for row in rows)
    expected = 4 if name == "packaged" else 9
    assert len({row["id"] for row in rows}) == expected
    assert rows == arms.RECIPES[name](pool, TYPES, 1)


def test_coin_swaps_half_of_the_pairs(pool: arms.Pool) -> None:
    mixed = arms.mix(pool, TYPES, 1)
    tossed = arms.coin(pool, TYPES, 1)
    swapped_ = [a["response"] == b["negative"] for a, b in zip(mixed, tossed, strict=True)]
    assert sum(swapped_) == 4


def test_placebo_changes_as_many_words_at_as_many_places() -> None:
    row = injected(0, "one two three")
    found = placebo.placebo(row, ANSWERS[1:], seed=1)
    edits = found["error"]["edits"]
    assert len(edits) == 1
    assert len(edits[0]["original"].split()) == 1
    assert len(edits[0]["replacement"].split()) == 3
    assert edits[0]["replacement"] in " ".join(ANSWERS[1:])
    assert known_edits(found["error"], found["response"], found["negative"])
    assert placebo.placebo(row, ANSWERS[1:], seed=2) != found


def test_edits_of_a_placebo_do_not_overlap() -> None:
    row = injected(1, "x")
    edit = row["error"]["edits"][0]
    row["error"] = {**row["error"], "edits": [edit] * 5}
    for seed in range(20):
        edits = placebo.placebo(row, ANSWERS[2:], seed)["error"]["edits"]
        assert len(edits) == 5
        assert all(one["end"] <= other["start"] for one, other in pairwise(edits))


@pytest.mark.parametrize(
    ("answer", "changed"),
    [
        ("It is not far.", "It isn't far."),
        ("def f():\n    return the", None),  # words of code are left alone
        ("Nothing here", "Nothing  here"),
        ("One", "One\n"),
    ],
)
def test_harmless_edits(answer: str, changed: str | None) -> None:
    found = placebo.harmless({**injected(0, "x"), "response": answer}, seed=0)["negative"]
    assert found != answer
    if changed:
        assert found == changed
    else:
        assert found.split() == answer.split()


SWAPS = (
    "Alice, Bob, and Claire trade books. First, Alice and Bob swap books. Then, Bob and Claire "
    "swap books. At the end, Alice has"
)


def test_the_right_step_after_a_swap_is_worked_out() -> None:
    steps = [
        "At the start: Alice: Emma, Bob: Ulysses, Claire: Dubliners.",
        "Alice and Bob swap: Alice: Ulysses, Bob: Emma, Claire: Dubliners.",
        "Bob and Claire swap: Alice: Ulysses, Bob: Emma, Claire: Dubliners.",
    ]
    right = "Bob and Claire swap: Alice: Ulysses, Bob: Dubliners, Claire: Emma."
    assert swapped(SWAPS, steps) == (right, steps[-1])
    # An earlier step that is not what we work out: nothing is known of the later ones.
    assert swapped(SWAPS, [steps[0], steps[0], steps[2]]) is None
    # It tells of another swap than the task.
    assert swapped(SWAPS, [*steps[:2], steps[2].replace("Bob and", "Alice and")]) is None


def test_the_right_result_is_worked_out() -> None:
    steps = [
        'This equation can be written as "A + B", where A = (2 * 3 - 1) and B = (4 - -1).',
        "Let's calculate A = (2 * 3 - 1) = (6 - 1) = 5.",
        "Let's calculate B = (4 - -1) = (4 - 1) = 3.",
    ]
    assert computed("", steps) == (
        "Let's calculate B = (4 - -1) = 5.",
        "Let's calculate B = (4 - -1) = 3.",
    )
    assert computed("", [steps[0], steps[1].replace("= 5", "= 6"), steps[2]]) is None


@pytest.mark.parametrize("text", ["2 ** 3", "f(1)", "1 / 0", "(1", "'a' + 1", ""])
def test_only_sums_are_evaluated(text: str) -> None:
    assert evaluate(text) is None


def test_steps_without_a_mistake_or_a_beginning_are_left_out() -> None:
    row = {"id": "x", "task": "multistep_arithmetic", "input": "", "steps": ["A = (1 + 1) = 3."]}
    assert step_pair({**row, "mistake_index": None}) is None
    assert step_pair({**row, "mistake_index": 0}) is None


def test_sampled_answers_become_requests_and_rows() -> None:
    def sample(name: str, text: str, reason: str = "stop") -> Row:
        return {"id": name, "prompt": "?", "response": text, "sample": {"finish_reason": reason}}

    asked = natural.requests(
        [
            sample("a", "Yes. It is so. And the", "length"),
            sample("a", "No."),
            sample("b", "Same."),
            sample("b", "Same."),
        ]
    )
    assert asked == [{"id": "a", "prompt": "?", "a": "Yes. It is so.", "b": "No."}]


def test_draws_hang_on_ids_alone() -> None:
    rows = [{"id": str(n), "kind": "ab"[n % 2]} for n in range(20)]
    assert drawn(rows, 5, "x") == drawn(rows[::-1], 5, "x") != drawn(rows, 5, "y")
    assert len(drawn_of_each(rows, lambda row: row["kind"], 3, "x")) == 6


def test_plan() -> None:
    plan = read_plan()
    runs = plan.runs(tier=1)
    assert [run.name for run in runs[:4]] == ["mix-1", "placebo-1", "sft-1", "mix-2"]
    assert plan.tuning.seed not in plan.arm("mix").seeds
    assert {arm.data for arm in plan.arms} <= arms.RECIPES.keys()
    assert len({run.name for run in plan.runs(9)}) == len(plan.runs(9))
    assert [run.name for run in plan.runs(1, ["logical", "mix"])] == [
        "mix-1",
        "mix-2",
        "mix-3",
        "logical-1",
    ]
    with pytest.raises(SystemExit, match="no arm locigal"):
        plan.runs(1, ["locigal"])
    assert Run(Arm("mix, a + b", "mix", (1,), 1), 2).name == "mix-a-b-2"
    assert (
        as_options({"epochs": 2, "margin-window": [0, 9]})
        == "--epochs 2 --margin-window 0 9".split()
    )


def pairs(margins: np.ndarray) -> list[list[float]]:
    return [[n, float(m), 1, 0.0, 1] for n, m in enumerate(margins)]


def test_the_measure_does_not_grow_with_sharpness() -> None:
    margins = np.random.default_rng(0).normal(0.3, 1, 50)
    assert margin(pairs(3 * margins)).value == pytest.approx(margin(pairs(margins)).value)


def test_several_sets_together_are_their_mean() -> None:
    rng = np.random.default_rng(1)
    one, other = rng.normal(0, 1, 30), rng.normal(1, 2, 90)
    found = together([mean(one), mean(other)])
    assert found.value == pytest.approx((one.mean() + other.mean()) / 2)
    clusters = apart([range(30), range(90)])
    error = difference(Statistic(0, 0 * found.influence), found, clusters).error
    expected = (one.var() / 30 + other.var() / 90) ** 0.5 / 2
    assert error == pytest.approx(expected, rel=0.01)


def simulated(rng: np.random.Generator, truth: float) -> Differences:
    """Two arms on the same 80 questions, with noise of question, seed, and both."""
    questions = rng.normal(0.5, 1, 80)
    figures = {
        arm: {
            seed: scaled_mean(questions + shift + rng.normal(0, 0.05) + rng.normal(0, 0.3, 80))
            for seed in (1, 2, 3)
        }
        for arm, shift in (("mix", truth), ("placebo", 0.0))
    }
    return Differences(figures, np.arange(80))


def test_false_positives_and_power() -> None:
    rng = np.random.default_rng(7)
    none = [simulated(rng, 0.0).of("mix", "placebo").p_value < 0.05 for _ in range(600)]
    assert 0.005 <= np.mean(none) <= 0.07  # a little too careful, never too bold
    some = [simulated(rng, 0.4).of("mix", "placebo").p_value < 0.05 for _ in range(50)]
    assert np.mean(some) > 0.9


def test_an_arm_with_one_seed_borrows_the_spread_of_others() -> None:
    found = simulated(np.random.default_rng(3), 0.0)
    single = {"single": {1: found.figures["mix"][1]}, "base": {0: found.figures["placebo"][2]}}
    of = replace(found, figures={**found.figures, **single})
    alone, against_base = of.of("single", "mix"), of.of("single", "base")
    assert alone.seeds == against_base.seeds == 1
    assert against_base.error > of.of("mix", "base").error


def test_words_of_the_verdict() -> None:
    def told(*values: float) -> str:
        names = ("placebo", "sft")
        found = {n: Difference(v, 1.0, 100, 3) for n, v in zip(names, values, strict=True)}
        return verdict(found)

    assert told(3, 3).startswith("yes")
    assert told(3, 0.5) == "no: the mix beats placebo, is not told apart from sft"
    assert told(-3, 0.5) == "no: the mix is worse than placebo, is not told apart from sft"


def test_results_are_kept_short() -> None:
    side = {"sum": -10.00004, "tokens": 5}
    rows = [
        {"task": "steps.jsonl", "line": 1, "chosen": side, "rejected": side, "right": 0.5},
        {"task": "arc_challenge", "line": 2, "right": 1.0},
        {"task": "truthfulqa_mc2", "line": 3, "score": 0.25},
    ]
    found = compact(rows)
    assert found == {
        "steps": [[1, -10.0, 5, -10.0, 5]],
        "arc_challenge": [[2, 1.0]],
        "truthfulqa_mc2": [[3, 0.25]],
    }
    assert perplexity(found["steps"]) == pytest.approx(np.exp(2))


def made_up(rng: np.random.Generator, plan: Plan) -> dict[str, list[list[float]]]:
    sets = (*plan.outcomes, DEVELOPMENT, UNTOUCHED)
    items = {name: [[n, *rng.normal(-9, 1, 1), 5, -9.5, 5] for n in range(12)] for name in sets}
    return items | {task: [[n, float(n % 2)] for n in range(6)] for task in BENCHMARKS}


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """A study that is finished, with figures that are made up."""
    plan, rng = read_plan(), np.random.default_rng(0)
    found = Study(plan, tmp_path, tmp_path, tmp_path / "results")
    base = made_up(rng, plan)
    found.keep("base", {"items": base})
    found.keep(
        "items", {"clusters": {name: [str(n) for n in range(len(of))] for name, of in base.items()}}
    )
    shares = {"distinct": 9, "accuracy": {"value": 0.5}, "shorter_right": {"value": 0.5}}
    told = {"rate": 1e-5, "pairs": 9, "steps": 2, "audit": shares, "train_seconds": 60}
    for run in plan.runs(tier=2):
        result = {"arm": run.arm.name, "seed": run.seed, **told, "eval_seconds": 30}
        found.keep(f"runs/{run.name}", result | {"items": made_up(rng, plan)})
    return found


def test_report_is_written_between_its_marks(study: Study, tmp_path: Path) -> None:
    page = tmp_path / "study.md"
    for _ in range(2):
        report(study, page)
        text = page.read_text("utf-8")
        assert text.count("### Verdict") == text.count("### All arms, margin / spread") == 1
        assert "**no: the mix" in text or "**yes: the mix" in text
        assert text.index("What was fixed") < text.index("### Verdict") < text.index("1.5B model")
    (study.results / "runs" / "sft-3.json").unlink()
    report(study, page)
    assert "Not decided yet: sft, seed 3" in page.read_text("utf-8")
    page.write_text("no marks", "utf-8")
    with pytest.raises(SystemExit, match="missing"):
        report(study, page)


def test_results_of_another_plan_are_refused(study: Study) -> None:
    assert study.known("base")
    assert study.known("runs/mix-9") is None
    with pytest.raises(SystemExit, match="another plan"):
        replace(study, plan=study.plan.smoke()).known("base")


def test_rates_are_chosen_on_development_pairs(study: Study) -> None:
    rng, tuning = np.random.default_rng(5), study.plan.tuning
    best = {"mix": 1.5e-5, "placebo": 5e-6, "sft": 5e-5}
    for arm in tuning.arms:
        for rate in tuning.rates:
            shift = 2.0 if rate == best[arm] else 0.0
            items = {DEVELOPMENT: pairs(rng.normal(shift, 1, 40))}
            study.keep(f"tuning/{arm}-0-{rate:g}", {"items": items})
    assert {arm: study.rate(arm) for arm in best} == best
    assert study.rate("vanilla") == best["mix"]


def test_training_prompts_are_decontaminated_against_every_outcome() -> None:
    plan = read_plan()
    files = {one["file"] for one in plan.outcomes.values()} | set(BENCHMARKS.values())
    assert files <= set(plan.decontaminate)
