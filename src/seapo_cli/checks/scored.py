"""What checks have in common that score both answers, by a model here or a server."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from pydantic import PrivateAttr

from seapo_cli.checks.pair import CheckedPair
from seapo_cli.checks.quantiles import MeasuredCheck
from seapo_cli.checks.scorer import TOGETHER, Answer, Kind, LocalModel, question_of
from seapo_cli.engine.tally import Tally
from seapo_cli.exceptions import RowError


class ScoredCheck(MeasuredCheck):
    """A check whose option `scorer` names a transformers model to score with, not a server."""

    at_once: ClassVar[int] = TOGETHER
    kind: ClassVar[Kind]

    if TYPE_CHECKING:
        scorer: str = ""  # each check declares it in its place among its options
    _store: Path | None = PrivateAttr(default=None)

    @property
    def asks_model(self) -> bool:
        return not self.scorer

    @cached_property
    def _tally(self) -> Tally:
        return Tally()

    @cached_property
    def _local(self) -> LocalModel:
        return LocalModel(self.kind, self.scorer, self._store, self._tally)

    async def _scores_here(self, pair: CheckedPair) -> Answer:
        """What the local model says of the response and the negative.

        Raises:
            RowError: it cannot score them.
        """
        found = await self._local.score(question_of(pair.row, (pair.response, pair.negative)))
        if "error" in found:
            raise RowError(f"{self.name}: {found['error']}")
        return found

    def keep_in(self, store: Path | None) -> None:
        self._store = store

    def close(self) -> None:
        if local := vars(self).pop("_local", None):
            local.close()
