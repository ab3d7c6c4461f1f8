"""OpenAI batch files in place of a server: requests go out, answers come in a later run.

A row's next request is often known only after an answer (a prompt answered first, an attempt
that was no good), so a job may take several rounds. Nothing is sent from here: a request
without an answer is written for the next round, and its row is pending.
"""

from __future__ import annotations

import glob
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from seapo_cli.backends.base import NO_REWARDS, Backend, Keep, request_key
from seapo_cli.backends.replies import Refusal, read_completion
from seapo_cli.backends.thinking import GROWN, nothing_but_thought
from seapo_cli.backends.wire import DEFAULT_CONCURRENCY, DEFAULT_URL, Dialect
from seapo_cli.completions import Completion, Request
from seapo_cli.exceptions import BackendFatal, Pending, RowError, SeapoError, Transient, UsageError
from seapo_cli.io.folders import shown
from seapo_cli.io.jsonl import Output
from seapo_cli.io.same_files import Place, numbered_files, reads
from seapo_cli.options import BackendSettings

_WITH_ROOM = "-room"
"""Ends the custom_id of a request that is sent again with more room to think."""
MOST_REQUESTS = 50_000
MOST_BYTES = 200_000_000
"""OpenAI's limits for one file."""
_MOST_LINE_BYTES = 64 << 20
_URL = "/v1/chat/completions"


async def connect(settings: BackendSettings) -> BatchBackend:
    """The batch files that the settings name; the model must be named too."""
    assert settings.model is not None
    return BatchBackend(settings, settings.model)


def numbered(path: Path, number: int | str) -> Path:
    """The name of a numbered file: requests.jsonl → requests-00001.jsonl."""
    digits = number if isinstance(number, str) else f"{number:05}"
    return path.with_name(f"{path.stem}-{digits}{path.suffix}")


class BatchBackend(Backend):
    """Answers nothing: writes requests, and knows the failures among results.

    Store keys are those of the endpoint that `--base-url` names, so that a live run there
    goes on from the answers of a batch, and a batch from those of a live run.
    """

    concurrency = DEFAULT_CONCURRENCY
    answers_later = True

    def __init__(self, settings: BackendSettings, model: str) -> None:
        self.endpoint = settings.address or DEFAULT_URL
        self.model = model
        self.extra: Mapping[str, Any] = settings.extra_body
        self._dialect = Dialect(self.endpoint, model, self.extra)
        self._results = settings.batch_in
        out = settings.batch_out
        self._files = RequestFiles(out) if out else None
        self._what_next = "--batch-out FILE writes the requests for them"
        if out:
            self._what_next = f"have {numbered(out, '*')} answered, then add --batch-in RESULTS"
        # On disk, and gone with the connection: memory must not grow with the batch.
        self._known = sqlite3.connect("", isolation_level=None)
        self._known.execute("CREATE TABLE known (key BLOB PRIMARY KEY, failure TEXT)")
        self._known.execute("CREATE TABLE cut (key BLOB PRIMARY KEY)")

    async def prepare(self, keep: Keep | None) -> None:
        """Keep the answers in the results files; failures are remembered.

        Raises:
            UsageError: a file does not hold results of seapo's requests.
        """
        assert keep is not None
        for key, had_room, answer in _read_results(self._results):
            if isinstance(answer, str):
                self._remember(key, answer)
            elif nothing_but_thought(answer) and not had_room:
                self._known.execute("INSERT OR IGNORE INTO cut VALUES (?)", (key,))
            else:
                await keep(key, answer.model_dump_json())

    async def complete(self, request: Request) -> Completion:
        """Write the request for the next round, once.

        Raises:
            RowError: a batch has failed it.
            Pending: always else.
        """
        if request.reward:
            raise BackendFatal(f"a batch {NO_REWARDS}")
        key = request_key(self, request)
        row = self._known.execute("SELECT failure FROM known WHERE key = ?", (key,)).fetchone()
        if row and row[0]:
            raise RowError(row[0])
        if row is None:
            self._remember(key, None)
            if self._files:
                self._files.write(self._line(key, request))
        raise Pending(self._what_next)

    def _remember(self, key: bytes, failure: str | None) -> None:
        self._known.execute("INSERT OR REPLACE INTO known VALUES (?, ?)", (key, failure))

    def _line(self, key: bytes, request: Request) -> bytes:
        name = key.hex()
        if self._known.execute("SELECT 1 FROM cut WHERE key = ?", (key,)).fetchone():
            request, name = replace(request, room=GROWN), name + _WITH_ROOM
        entry = {"custom_id": name, "method": "POST", "url": _URL}
        body = {"body": self._dialect.body(request)}
        return orjson.dumps(entry | body, option=orjson.OPT_APPEND_NEWLINE)

    def finish(self) -> None:
        """Give the request files their names, once all are written."""
        if self._files:
            self._files.finish()

    async def close(self) -> None:
        """Forget which requests were written; files that are not finished get no names."""
        self._known.close()
        if self._files:
            self._files.give_up()


def found_results(patterns: tuple[str, ...]) -> Iterator[Path]:
    """The results files that patterns stand for.

    Raises:
        UsageError: there are none.
    """
    for pattern in patterns:
        # Path cannot glob an absolute pattern.
        names = [pattern] if Path(pattern).is_file() else sorted(glob.glob(pattern))  # noqa: PTH207
        if not names:
            raise UsageError(f"--batch-in: {pattern}: no such file")
        yield from map(Path, names)


def _read_results(patterns: tuple[str, ...]) -> Iterator[_Answered]:
    for path in found_results(patterns):
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    yield _read(line)
                except (ValueError, KeyError, TypeError, AttributeError):
                    raise UsageError(
                        f"{path}:{number}: not a result of a request that seapo wrote"
                    ) from None


_Answered = tuple[bytes, bool, Completion | str]
"""A result's key, whether it had more room to think, and its answer or why there is none."""


def _read(line: bytes) -> _Answered:
    entry: dict[str, Any] = orjson.loads(line)
    name: str = entry["custom_id"]
    key, had_room = bytes.fromhex(name.removesuffix(_WITH_ROOM)), name.endswith(_WITH_ROOM)
    response = entry.get("response") or {}
    body = orjson.dumps(response.get("body") or entry.get("error"))
    status = response.get("status_code") or 0
    if status != 200:
        return key, had_room, f"batch: {Refusal(int(status), {}, body).error()}"
    try:
        return key, had_room, read_completion(body)
    except Transient as error:
        return key, had_room, f"batch: {error}"


def places(settings: BackendSettings) -> tuple[list[Place], list[Place]]:
    """The files that batches are read from, and those they are written to.

    Raises:
        UsageError: a pattern stands for none.
    """
    read = reads("--batch-in", found_results(settings.batch_in))
    return read, numbered_files("--batch-out", settings.batch_out)


def check_places(settings: BackendSettings) -> None:
    """Check that what would be overwritten are requests that seapo wrote.

    Raises:
        UsageError: a file is something else.
    """
    if settings.batch_out:
        _check_request_files(settings.batch_out)


def _check_request_files(path: Path) -> None:
    """Check that whatever has the name of a request file was written by seapo.

    Raises:
        UsageError: a file would be overwritten or removed that it did not write.
    """
    for old in _there(path):
        if not _is_ours(old):
            raise UsageError(
                f"--batch-out: {shown(old)} is not a file of requests that seapo wrote: "
                "name another FILE"
            )


def _there(path: Path) -> list[Path]:
    """Files with the names of request files."""
    known = path.with_stem(glob.escape(path.stem))
    return sorted(path.parent.glob(numbered(known, "[0-9]" * 5).name))


def _is_ours(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            entry = orjson.loads(file.readline(_MOST_LINE_BYTES))
        bytes.fromhex(entry["custom_id"].removesuffix(_WITH_ROOM))
        return bool(entry["method"] == "POST" and entry["url"] == _URL and entry["body"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


class RequestFiles:
    """Numbered files of requests, each within the limits of a batch."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open = ExitStack()
        self._names: list[Path] = []
        self._requests = self._bytes = 0

    def write(self, line: bytes) -> None:
        """Add a request, to a new file where the last one is full."""
        self._requests += 1
        self._bytes += len(line)
        if not self._names or self._requests > MOST_REQUESTS or self._bytes > MOST_BYTES:
            self._requests, self._bytes = 1, len(line)
            self._names.append(numbered(self._path, len(self._names) + 1))
            self._output = self._open.enter_context(Output(str(self._names[-1]), "--batch-out"))
        self._output.write(line)

    def finish(self) -> None:
        """Name the files; those of an earlier round that are left would be sent again: delete.

        Raises:
            UsageError: somebody else's file has got such a name meanwhile.
        """
        _check_request_files(self._path)
        self._open.close()
        for old in _there(self._path):
            if old not in self._names:
                old.unlink()

    def give_up(self) -> None:
        """Leave the files without names, where they have none yet."""
        stopped = SeapoError("stopped")
        self._open.__exit__(type(stopped), stopped, None)
