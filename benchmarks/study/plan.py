"""What was fixed beforehand: plan.toml, with types."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("plan.toml")


@dataclass(frozen=True, slots=True)
class Arm:
    """A way to train."""

    name: str
    data: str
    """A recipe of `arms.RECIPES`."""
    seeds: tuple[int, ...]
    tier: int
    """Runs of lower tiers come first."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Of `seapo train`, over those that all arms have."""


@dataclass(frozen=True, slots=True)
class Run:
    """A model to train: an arm with a seed."""

    arm: Arm
    seed: int

    @property
    def name(self) -> str:
        """For files and folders."""
        kept = "".join(c if c.isalnum() else "-" for c in self.arm.name)
        return f"{'-'.join(filter(None, kept.split('-')))}-{self.seed}"


@dataclass(frozen=True, slots=True)
class Tuning:
    """How the rate is chosen."""

    arms: tuple[str, ...]
    rates: tuple[float, ...]
    epochs: float
    seed: int


@dataclass(frozen=True, slots=True)
class Plan:
    """All of plan.toml."""

    model: str
    pairs: str
    types: tuple[str, ...]
    longest: int
    prompts: int
    development_pairs: int
    decontaminate: tuple[str, ...]
    train: Mapping[str, Any]
    tuning: Tuning
    outcomes: Mapping[str, Mapping[str, Any]]
    verdict: Mapping[str, Any]
    related: Mapping[str, str]
    """Of a type: the outcome set that it should move most."""
    secondary: Mapping[str, int]
    arms: tuple[Arm, ...]
    hash: str
    """Results carry it."""

    def arm(self, name: str) -> Arm:
        """The arm of that name."""
        return next(arm for arm in self.arms if arm.name == name)

    def runs(self, tier: int, names: Sequence[str] | None = None) -> list[Run]:
        """Those of the first tiers, or of some arms, in the order in which they are done.

        Raises:
            SystemExit: there is no such arm.
        """
        if unknown := set(names or ()) - {arm.name for arm in self.arms}:
            raise SystemExit(f"the plan has no arm {', '.join(sorted(unknown))}")
        arms = [arm for arm in self.arms if (arm.name in names if names else arm.tier <= tier)]
        found = [Run(arm, seed) for arm in arms for seed in arm.seeds]
        return sorted(found, key=lambda run: (run.arm.tier, run.seed))

    def smoke(self) -> Plan:
        """The same chain in minutes: nothing can be learnt from its figures."""
        small = {name: {**one, "items": 4, "per_kind": 3} for name, one in self.outcomes.items()}
        return replace(
            self,
            prompts=16,
            longest=700,
            development_pairs=10,
            outcomes=small,
            secondary=dict.fromkeys(self.secondary, 4),
            tuning=replace(self.tuning, rates=self.tuning.rates[:2]),
            arms=tuple(replace(arm, seeds=arm.seeds[:2]) for arm in self.arms),
            train={**self.train, "max-steps": 1},
            hash="smoke",
        )


def read_plan(file: Path = FILE) -> Plan:
    """Read plan.toml; its hash is of what it says, not of its comments.

    Raises:
        SystemExit: it cannot be read.
    """
    try:
        data = tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SystemExit(f"--plan: {error}") from None
    print_ = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:12]
    arms = tuple(Arm(**{**one, "seeds": tuple(one["seeds"])}) for one in data.pop("arms"))
    tuning = {k: tuple(v) if isinstance(v, list) else v for k, v in data.pop("tuning").items()}
    listed = {name: tuple(data.pop(name)) for name in ("types", "decontaminate")}
    return Plan(**data, **listed, tuning=Tuning(**tuning), arms=arms, hash=print_)
