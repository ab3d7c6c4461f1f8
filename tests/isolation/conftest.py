from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from seapo_cli.isolation.judge import Judge
from seapo_cli.isolation.languages import interpreters
from seapo_cli.isolation.means import Bubblewrap, Means, Namespaces
from seapo_cli.isolation.sandbox import Limits

KINDS: list[type[Means]] = [Namespaces, *([Bubblewrap] if shutil.which("bwrap") else [])]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__.lower(), scope="session")
def means(request: pytest.FixtureRequest) -> Means:
    """Each means that this machine has; one that does not work fails, and is not skipped."""
    made: Means = request.param(dict(interpreters()))
    return made


@pytest.fixture(scope="session")
def judge(means: Means) -> Iterator[Judge]:
    made = Judge(means, Limits(seconds=2, memory=256))
    yield made
    made.close()
