"""Pairs that give themselves away are left out, and no more than need be."""

from __future__ import annotations

import pytest

from seapo_cli.exceptions import SeapoError, UsageError
from seapo_cli.stages.audit import need_scikit_learn
from seapo_cli.stages.audit.classify import tell
from seapo_cli.stages.audit.features import features
from seapo_cli.stages.audit.gather import Item
from seapo_cli.stages.audit.prune import prune
from stages.audit.test_figures import alike, planted


def mixed() -> list[Item]:
    """150 pairs with nothing to tell, then 100 with a word that tells."""
    others = [Item(i.prompt + 1000, i.chosen, i.rejected) for i in planted(100, seed=5)]
    return [*alike(150, seed=3), *others]


def test_what_gives_itself_away_goes() -> None:
    items = mixed()
    found = features(items)
    dropped, before, after = prune(found, 0.55)
    assert before > 0.6
    assert after <= 0.55
    telling = [n for n in dropped if n >= 150]
    assert len(telling) > 0.7 * len(dropped)
    kept = [item for n, item in enumerate(items) if n not in dropped]
    again = tell(features(kept), seed=99)
    assert again is not None
    assert again.accuracy < 0.62


def test_nothing_goes_where_nothing_is_told() -> None:
    dropped, before, after = prune(features(alike(200)), 0.65)
    assert dropped == {}
    assert before == after


def test_few_prompts() -> None:
    with pytest.raises(SeapoError, match="nothing can be measured"):
        prune(features(alike(5)), 0.55)


def test_without_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seapo_cli.stages.audit.find_spec", lambda _name: None)
    with pytest.raises(UsageError, match=r"seapo audit needs scikit-learn: pip install .*"):
        need_scikit_learn("seapo audit")


def test_a_set_that_is_all_tell_cannot_be_mended() -> None:
    with pytest.raises(SeapoError, match="make other negatives"):
        prune(features(planted(60)), 0.55)
