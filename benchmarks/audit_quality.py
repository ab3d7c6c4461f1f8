"""What `seapo audit` finds where it should, and what it does not find where nothing is.

    python benchmarks/audit_quality.py [--data FOLDER] [--ready FILE] [--trials 100]

Clean: trials of 300 answers of Dolly, each side with another word of it replaced at random; and the
able model's pairs with their sides swapped at random, whole prompts at a time. Planted: the clean
pairs with one word added to one in three rejected sides.

Real sets: HaluEval QA must be told apart, HumanEvalPack not; the able model's pairs by type.
`--ready` is what `seapo inject -t hallucination` wrote with the packaged model. Pruning is judged
by a classifier of another kind, trained on what is left. Time: 10,000 pairs, whole rewrites.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from harness import ROOT, SEAPO, measure, read_rows, save, show
from seapo_cli.formats.reader import PreferencePair, read_pairs
from seapo_cli.stages.audit.classify import cross_validate, folds
from seapo_cli.stages.audit.features import features
from seapo_cli.stages.audit.gather import Gather, Item
from seapo_cli.stages.audit.prune import prune
from seapo_cli.stages.audit.report import Part, audit
from seapo_cli.stages.audit.telling import telling_words

_TELL = "notably"
_PAIRS = 300
_PLANTED_SHARE = 1 / 3
SETS = ("halueval_qa", "humanevalpack_py", "summedits", "llmbar", "mtbench_human")
Found = dict[str, Any]


def read(path: Path) -> list[Item]:
    gather = Gather(1_000_000)
    for found in read_pairs([path]):
        assert isinstance(found, PreferencePair), found
        gather.add(found)
    return gather.items()


def prompts(data: Path) -> list[Found]:
    rows = read_rows(data / "prompts_dolly.jsonl")
    return [row for row in rows if len(row["response"].split()) > 5]


def replaced(text: str, words: Sequence[str], rng: random.Random) -> str:
    """A text with one of its words replaced by one that is as frequent in all texts."""
    parts = text.split(" ")
    parts[rng.randrange(len(parts))] = rng.choice(words)
    return " ".join(parts)


def clean(rows: Sequence[Found], seed: int) -> list[Item]:
    """Pairs of two versions of an answer, each with a word replaced: alike by construction."""
    rng = random.Random(seed)
    words = [word for row in rows for word in row["response"].split()]
    return [
        Item(n, *(replaced(row["response"], words, rng) for _ in range(2)))
        for n, row in enumerate(rng.sample(list(rows), _PAIRS))
    ]


def planted(rows: Sequence[Found], seed: int) -> list[Item]:
    rng = random.Random(f"planted {seed}")
    found = []
    for item in clean(rows, seed):
        parts = item.rejected.split(" ")
        if rng.random() < _PLANTED_SHARE:
            parts.insert(rng.randrange(len(parts)), _TELL)
        found.append(Item(item.prompt, item.chosen, " ".join(parts)))
    return found


def swapped(items: Sequence[Item], seed: int) -> list[Item]:
    """Real pairs with the sides of whole prompts swapped at random."""
    rng = random.Random(f"swapped {seed}")
    swap = {prompt: rng.random() < 0.5 for prompt in sorted({item.prompt for item in items})}
    return [Item(i.prompt, i.rejected, i.chosen) if swap[i.prompt] else i for i in items]


def trials(name: str, make: Callable[[int], list[Item]], count: int) -> Found:
    accuracies, small, words = [], 0, 0
    for seed in range(count):
        found = features(make(seed))
        telling = cross_validate(found, seed)
        assert telling is not None
        accuracies.append(telling.accuracy)
        small += telling.p_value <= 0.01
        words += _TELL in [word.text for word in telling_words(found, seed)]
    return {
        "pairs": name,
        "trials": count,
        "told apart (p<=0.01)": small,
        "tell named": words,
        "accuracy": round(float(np.mean(accuracies)), 4),
        "sd": round(float(np.std(accuracies)), 4),
    }


def figures(name: str, parts: Sequence[Part], of: str = "all") -> Iterator[Found]:
    for part in parts:
        if part.by in ("all", of) and part.accuracy and part.chance:
            yield {
                "set": name,
                "part": part.name,
                "pairs": part.pairs,
                "accuracy": round(part.accuracy.value, 4),
                "low": round(part.accuracy.low, 4),
                "high": round(part.accuracy.high, 4),
                "chance_high": round(part.chance[1], 4),
                "p": round(part.p_value or 0.0, 4),
                "told_apart": part.told_apart,
                "shorter_right": round(part.shorter_right.value, 4),
            }


def another_classifier(items: Sequence[Item]) -> float:
    """Held-out pair accuracy of logistic regression on TF-IDF of whole answers."""
    groups = np.array([item.prompt for item in items])
    sides = [item.chosen for item in items], [item.rejected for item in items]
    right = np.zeros(len(items))
    for train, test in folds(groups, 12345):
        vectors = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
        texts = [side[n] for side in sides for n in train]
        labels = np.repeat([1, 0], len(train))
        model = LogisticRegression(C=10, max_iter=500).fit(vectors.fit_transform(texts), labels)
        scores = [model.decision_function(vectors.transform([s[n] for n in test])) for s in sides]
        right[test] = (np.sign(scores[0] - scores[1]) + 1) / 2
    return float(right.mean())


def pruned(items: Sequence[Item], limit: float) -> Found:
    dropped, before, after = prune(features(items), limit)
    kept = [item for n, item in enumerate(items) if n not in dropped]
    again = cross_validate(features(kept), seed=777)
    return {
        "limit": limit,
        "pairs": len(items),
        "kept": len(kept),
        "before": round(before, 4),
        "after": round(after, 4),
        "after, other folds": round(again.accuracy, 4) if again else None,
        "other classifier before": round(another_classifier(items), 4),
        "other classifier after": round(another_classifier(kept), 4),
    }


def timed(data: Path, count: int = 10_000) -> Found:
    """The command on whole rewrites: answers with a third of their words replaced."""
    names = ("dolly", "oasst_en", "gsm8k_train", "arena_hard", "mbpp_train")
    rows = [row for name in names for row in read_rows(data / f"prompts_{name}.jsonl")]
    rng = random.Random(0)
    with TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "pairs.jsonl"
        with path.open("w") as file:
            for n in range(count):
                row = rows[n % len(rows)]
                words = row["response"].split(" ")
                other = [rng.choice(words) if rng.random() < 1 / 3 else word for word in words]
                kind = ("factual", "logical", "hallucination")[n % 3]
                sides = {"chosen": row["response"], "rejected": " ".join(other)}
                file.write(
                    json.dumps({"prompt": f"{n} {row['prompt']}", **sides, "error_type": kind})
                )
                file.write("\n")
        cost = measure([*SEAPO, "audit", str(path), "-o", str(folder / "out.json")], folder)
    return {
        "pairs": count,
        "wall_s": round(cost.wall_s, 1),
        "cpu_s": round(cost.cpu_s, 1),
        "peak_mb": round(cost.peak_mb),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--ready", type=Path, help="rows of inject with the packaged model")
    parser.add_argument("--trials", type=int, default=100)
    options = parser.parse_args()
    rows, able = prompts(options.data), read(options.data / "pairs_injected_able.jsonl")
    made = [
        trials("planted", lambda seed: planted(rows, seed), options.trials),
        trials("clean", lambda seed: clean(rows, seed), options.trials),
        trials("able, sides swapped", lambda seed: swapped(able, seed), options.trials // 8),
    ]
    show("Trials", made)
    real = [*figures("injected_able", audit(able), "type")]
    for name in SETS:
        real += figures(name, audit(read(options.data / f"pairs_{name}.jsonl")))
    if options.ready:
        real += figures("ready sentences", audit(read(options.ready)))
    show("Sets", real)
    cut = [pruned(able, limit) for limit in (0.65, 0.6, 0.55)]
    show("filter --max-leak on injected_able", cut)
    time = timed(options.data)
    show("Time", [time])
    save("audit_quality", {"trials": made, "sets": real, "pruned": cut, "time": time})


if __name__ == "__main__":
    main()
