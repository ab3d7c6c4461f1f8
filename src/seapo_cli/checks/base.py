"""What a check is: a question about a pair, its options, and its answer.

A check is a settings class whose fields are its options. A new one is a module with such a class,
and one line in the registry.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from seapo_cli.checks.pair import CheckedPair
from seapo_cli.options.option import need_utf8, refusal

if TYPE_CHECKING:
    from seapo_cli.engine.gateway import Gateway

Decision = Literal["pass", "fail", "skip"]
Preset = Literal["none", "default", "strict"]


class Verdict(NamedTuple):
    """What a check says about a pair."""

    decision: Decision
    """`skip`: the check does not apply to this pair, and does not speak against it."""
    value: Any = None
    """What was measured, as JSON; None if there is nothing to report."""
    reason: str | None = None
    """Why it did not pass, in one line."""
    more: Mapping[str, Any] = MappingProxyType({})
    """Further measurements, by name."""

    def dump(self) -> dict[str, Any]:
        """What the row keeps under `checks`."""
        decision, value, reason, more = self
        kept: dict[str, Any] = {"verdict": decision}
        if value is not None:
            kept["value"] = value
        if reason is not None:
            kept["reason"] = reason
        kept.update(more)
        return kept


PASS = Verdict("pass")


def passed(value: Any) -> Verdict:
    return Verdict("pass", value)


def failed(reason: str, value: Any = None) -> Verdict:
    return Verdict("fail", value, reason)


def skipped(reason: str) -> Verdict:
    return Verdict("skip", None, reason)


class AnyCheck(BaseModel):
    """What all checks share; the fields of a subclass are its options.

    Raises:
        UsageError: the value of an option is wrong.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: ClassVar[str]
    about: ClassVar[str]
    """What it asks, in one line, for `seapo checks`."""
    presets: ClassVar[tuple[Preset, ...]] = ()
    """Presets that include it."""
    alone: ClassVar[bool] = False
    """Whether it can also judge a response without a negative (`CheckedPair.alone`)."""
    strict: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    """Options that differ from the defaults in the preset `strict`."""

    if not TYPE_CHECKING:  # to a type checker, the fields are the arguments

        def __init__(self, /, **values: Any) -> None:
            need_utf8(values, self._option_of)
            try:
                super().__init__(**values)
            except ValidationError as error:
                raise refusal(error, self._option_of, type(self).model_fields) from None

    @classmethod
    def _option_of(cls, field: str) -> str:
        """How a user names an option of this check."""
        return f"--set {cls.name}.{field}"

    def summary(self) -> Mapping[str, Any]:
        """What it reports in the summary besides the number of pairs it rejected."""
        return {}

    def part(self) -> Mapping[str, Any]:
        """What the same check that runs elsewhere needs for its summary to be that of both."""
        return {}

    def merge(self, part: Mapping[str, Any]) -> None:
        """Take in the part of a copy that ran elsewhere."""


class Check(AnyCheck):
    """A check that looks at the texts."""

    presets: ClassVar[tuple[Preset, ...]] = ("default", "strict")
    last: ClassVar[bool] = False
    """Whether it sees only pairs that passed all other checks."""

    def verdict(self, pair: CheckedPair) -> Verdict:
        """Answer for one pair."""
        raise NotImplementedError


class SlowCheck(AnyCheck):
    """A check that waits for something: a model, a child process.

    It sees only pairs that passed the quick checks.
    """

    at_once: ClassVar[int] = 1
    """Pairs that it is best asked about at once."""

    @property
    def warning(self) -> str | None:
        """What a user should know before it runs.

        Raises:
            SeapoError: it cannot run here.
        """
        return None

    @property
    def asks_model(self) -> bool:
        """Whether it needs the gateway."""
        return False

    async def verdict(self, pair: CheckedPair, gateway: Gateway | None) -> Verdict:
        """Answer for one pair; many run at once.

        Raises:
            RowError: this pair cannot be checked.
        """
        raise NotImplementedError

    def keep_in(self, store: Path | None) -> None:
        """Told before the first pair: where to keep what it computes itself; None: nowhere."""

    def close(self) -> None:
        """Let go of processes and files."""
