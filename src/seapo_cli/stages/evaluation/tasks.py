"""Tasks by name, with their data files, and files of pairs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seapo_cli.exceptions import UsageError, unknown
from seapo_cli.stages.evaluation import choices
from seapo_cli.stages.evaluation.answers import Answers, AnswerSettings
from seapo_cli.stages.evaluation.harness import PREFIX as HARNESS
from seapo_cli.stages.evaluation.items import Item, Needs, Task, is_file, read_items
from seapo_cli.stages.evaluation.pairs import pair_task

Read = Callable[[dict[str, Any], int], Item]


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A task that has a name."""

    file: str
    """Its data file in a folder of `--data`, with any suffix that can be read."""
    needs: Needs
    read: Callable[[Answers], Read]
    runs_code: bool = False


def _scored(file: str, read: Read) -> Benchmark:
    return Benchmark(file, "text scores", lambda _: read)


def _written(file: str, read: Callable[[Answers], Read], *, runs_code: bool = False) -> Benchmark:
    return Benchmark(file, "answers", read, runs_code)


BENCHMARKS: Mapping[str, Benchmark] = {
    "truthfulqa_mc1": _scored("eval_truthfulqa", choices.truthfulqa_mc1),
    "truthfulqa_mc2": _scored("eval_truthfulqa", choices.truthfulqa_mc2),
    "truthfulqa_binary": _scored("eval_truthfulqa", choices.truthfulqa_binary),
    "arc_challenge": _scored("eval_arc_challenge", choices.multiple_choice),
    "commonsense_qa": _scored("eval_commonsense_qa", choices.multiple_choice),
    "openbook_qa": _scored("eval_openbook_qa", choices.multiple_choice),
    "gsm8k": _written("eval_gsm8k", lambda answers: answers.gsm8k),
    "humaneval": _written("eval_humaneval", lambda answers: answers.humaneval, runs_code=True),
    "mbpp": _written("eval_mbpp", lambda answers: answers.mbpp, runs_code=True),
    "ifeval": _written("eval_ifeval", lambda answers: answers.ifeval),
}


@dataclass(frozen=True, slots=True)
class DataFiles:
    """Where the data of named tasks are."""

    folders: tuple[Path, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    """By the task's name."""

    @classmethod
    def of(cls, given: Iterable[str]) -> DataFiles:
        """From the values of `--data`: folders, or NAME=FILE.

        Raises:
            UsageError: a value is neither.
        """
        folders: list[Path] = []
        files: dict[str, str] = {}
        for value in given:
            name, equal, file = value.partition("=")
            if Path(value).is_dir():
                folders.append(Path(value))
            elif not equal:
                raise UsageError(f"--data: {value} is neither a folder nor NAME=FILE")
            elif name not in BENCHMARKS:
                raise unknown("task", name, BENCHMARKS)
            elif not is_file(file):
                raise UsageError(f"--data: {file}: no such file")
            else:
                files[name] = file
        return cls(tuple(folders), files)

    def find(self, name: str) -> str:
        """The file of a named task.

        Raises:
            UsageError: there is none; the message says where it was looked for.
        """
        if name in self.files:
            return self.files[name]
        start = BENCHMARKS[name].file
        found = [
            file
            for folder in self.folders
            for file in sorted(folder.glob(f"{start}*.jsonl*"))
            if file.is_file()
        ]
        if len(found) == 1:
            return str(found[0])
        if found:
            names = ", ".join(file.name for file in found)
            raise UsageError(
                f"{name}: ambiguous, several files match ({names}): use --data {name}=FILE"
            )
        where = ", ".join(map(str, self.folders))
        there = f"none named {start}*.jsonl in {where}" if where else "none was given"
        raise UsageError(
            f"{name} needs a data file, {there}: --data {name}=FILE (docs/eval.md says its form)"
        )


def find_tasks(
    names: Iterable[str],
    data: DataFiles,
    settings: AnswerSettings,
    cluster: str | None = None,
    limit: int | None = None,
) -> list[Task]:
    """The tasks with these names: those of `BENCHMARKS` and of the harness, else files of pairs.

    Raises:
        UsageError: there is no such task or file, or two have the same name.
    """
    answers = Answers(settings)
    found: dict[str, Task] = {}
    for name in names:
        if name.startswith(HARNESS):
            task = Task(name, "", "harness")
        elif name in BENCHMARKS:
            benchmark, file = BENCHMARKS[name], data.find(name)
            items = read_items(file, benchmark.read(answers), limit)
            task = Task(name, file, benchmark.needs, items, benchmark.runs_code)
        elif is_file(name):
            task = pair_task(name, cluster, limit)
        else:
            raise unknown("task", name, BENCHMARKS, f", {HARNESS}NAME, or a file of pairs")
        if task.name in found:
            raise UsageError(f"two tasks are named {task.name}: give the file another name")
        found[task.name] = task
    return list(found.values())
