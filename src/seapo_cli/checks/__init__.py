"""Checks of `filter`. A new one is one module with a class, and one line here.

Users' own checks are found by the entry point group `seapo.checks`: each names a subclass of
`checks.base.Check`.
"""

from __future__ import annotations

from importlib.metadata import entry_points

from seapo_cli.checks.answer import FinalAnswer
from seapo_cli.checks.aspects import Aspects
from seapo_cli.checks.base import AnyCheck, Check, SlowCheck
from seapo_cli.checks.changed import Changed
from seapo_cli.checks.commentary import Commentary
from seapo_cli.checks.complete import Complete
from seapo_cli.checks.doubted import Doubted
from seapo_cli.checks.duplicates import Duplicates
from seapo_cli.checks.echo import Echo
from seapo_cli.checks.edits import Edits
from seapo_cli.checks.form import Form
from seapo_cli.checks.garbled import Garbled
from seapo_cli.checks.given import Given
from seapo_cli.checks.judged import Judged
from seapo_cli.checks.language import Language
from seapo_cli.checks.length import Length
from seapo_cli.checks.plausibility import Plausibility
from seapo_cli.checks.refusal import Refusal
from seapo_cli.checks.reward import Reward
from seapo_cli.checks.right import Right
from seapo_cli.checks.run_tests import RunTests
from seapo_cli.checks.sides import Sides
from seapo_cli.checks.similarity import Similarity
from seapo_cli.checks.tool_call import ToolCalls
from seapo_cli.exceptions import UsageError

CHECKS: tuple[type[AnyCheck], ...] = (
    Changed,
    Complete,
    Refusal,
    Commentary,
    Echo,
    Garbled,
    Language,
    Length,
    Similarity,
    Edits,
    Form,
    FinalAnswer,
    ToolCalls,
    Given,
    Sides,
    Doubted,
    Duplicates,
    Right,
    RunTests,
    Plausibility,
    Reward,
    Judged,
    Aspects,
)
"""In the order in which they run."""
GROUP = "seapo.checks"


def all_checks() -> dict[str, type[AnyCheck]]:
    """The checks by name: seapo's own, then those of installed packages.

    Raises:
        UsageError: an installed one cannot be loaded, or is not a check.
    """
    found = {check.name: check for check in CHECKS}
    for point in entry_points(group=GROUP):
        try:
            check = point.load()
        except Exception as error:  # whatever a stranger's module raises
            raise UsageError(f"check {point.value}: cannot be loaded: {error}") from None
        if not (isinstance(check, type) and issubclass(check, Check | SlowCheck)):
            raise UsageError(f"check {point.value}: not a subclass of seapo_cli's Check")
        found[check.name] = check
    return found
