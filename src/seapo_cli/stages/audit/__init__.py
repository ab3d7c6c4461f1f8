"""`audit`: can the sides of pairs be told apart without the question?

    gather      pairs of any format → items, each with its prompt, type and source
    features    the differences between the sides: words, characters, form, length
    classify    a cross-validated classifier of the difference, and the chance level
    baselines   what a single simple rule achieves: length, position, a word, punctuation
    telling     the words that occur on one side much more often
    report      all of it for the whole set, each type and each source
    prune       which pairs to drop to lower the classifier's accuracy

Only these modules need scikit-learn, which the extra `audit` installs.
"""

from __future__ import annotations

from seapo_cli.extras import need


def need_scikit_learn(what: str) -> None:
    """Check that the extra is installed.

    Raises:
        UsageError: it is not.
    """
    need(what, "audit", "scikit-learn")
