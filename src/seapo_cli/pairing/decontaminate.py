"""Prompts that overlap an evaluation set: training on them would spoil its result.

A prompt overlaps where it shares `NGRAM` words in a row with any text of the set, as is usual
since GPT-3 (arXiv 2005.14165, appendix C). One with fewer words must equal a text of the set.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from seapo_cli.exceptions import UsageError
from seapo_cli.io.jsonl import lines_of
from seapo_cli.pairing.words import prompt_words, words
from seapo_cli.rows import Row

NGRAM = 13


class EvaluationSets:
    """The texts of evaluation sets, as hashes of their n-grams: their size decides the memory."""

    def __init__(self, files: Iterable[Path]) -> None:
        """Read JSONL files; every string in them counts, whatever its key.

        Raises:
            UsageError: a file cannot be read, or a line of it is not JSON.
        """
        self._ngrams: set[int] = set()
        self._whole: set[int] = set()
        for file in files:
            for text in _texts(file):
                found = words(text)
                self._ngrams.update(_hashes(found))
                if 0 < len(found) < NGRAM:
                    self._whole.add(hash(tuple(found)))

    def overlap(self, row: Row) -> bool:
        """Whether a row's prompt is in one of the sets."""
        if not self._whole and not self._ngrams:
            return False
        prompt = prompt_words(row)
        if len(prompt) < NGRAM:
            return hash(tuple(prompt)) in self._whole
        return not self._ngrams.isdisjoint(_hashes(prompt))


def _hashes(found: list[str]) -> Iterator[int]:
    return (hash(tuple(found[i : i + NGRAM])) for i in range(len(found) - NGRAM + 1))


def _texts(file: Path) -> Iterator[str]:
    for line in lines_of(str(file)):
        if line.error:
            raise UsageError(f"--decontaminate: {file}:{line.number}: {line.error}")
        yield from _strings(line.data)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _strings(part)
