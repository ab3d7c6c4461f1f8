"""`audit`: can the sides of pairs be told apart without the question?

    gather      pairs of any format → items, each with its prompt, type and source
    features    what differs between the sides: words, characters, form, length
    classify    a cross-validated classifier of the difference, and what chance gives
    baselines   what one simple rule alone gives: length, position, a word, punctuation
    telling     the words that stand on one side much more often
    report      all of it for the whole set, each type and each source
    prune       which pairs to drop so that the classifier finds less

Only these modules need scikit-learn, which the extra `audit` brings.
"""

from __future__ import annotations

from seapo_cli.extras import need


def need_scikit_learn(what: str) -> None:
    """Check that the extra is there.

    Raises:
        UsageError: it is not.
    """
    need(what, "audit", "scikit-learn")
