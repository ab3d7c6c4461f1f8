"""The tests' side of the mock server (`mock_server.py`): start it, set faults, read its log."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

_PROGRAM = Path(__file__).with_name("mock_server.py")

Kind = Literal[
    "status",  # an error with the HTTP status `status`
    "refuse",  # 400 that names `parameter`, where the request has it
    "disconnect",  # the connection breaks before the headers
    "cut",  # ... in the middle of the body
    "short",  # the body ends before Content-Length
    "malformed",  # 200 with a body that is not JSON
    "hollow",  # 200 with JSON that holds no answer
    "hang",  # no answer, ever
    "reveal",  # a good answer that repeats the caller's key
]


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong for every request that all given conditions select."""

    kind: Kind
    status: int = 500
    retry_after: float | None = None
    parameter: str = ""
    text: str = ""
    """More words for an error's message."""
    first: int | None = None
    """Only the first so many attempts of each request."""
    total: int | None = None
    """Only so many times in all."""
    marker: str = ""
    """Only requests whose messages hold this text."""


@dataclass(frozen=True)
class Behaviour:
    """What a server does from now on."""

    latency: float = 0.0
    """Seconds from arrival to answer."""
    jitter: float = 0.0
    """Up to so many seconds more, drawn from the request: answers come out of order."""
    thinks: int = 0
    """A reasoning model: so many words of thought come before each answer, within its limit."""
    thoughts: Literal["tag", "field", "hidden"] = "tag"
    """Where the thoughts are: in `<think>`, in `reasoning_content`, or only counted."""
    echo: str = ""
    """What it repeats: see `answers.answer_to`."""
    rewards: Literal["one", "labels", "tokens"] = "one"
    """What /pooling gives: one number, several, or some for each token."""
    most_open: int | None = None
    """429 while more requests than this are open."""
    window: float | None = None
    """Seconds for which `most_in_window` holds; said in `x-ratelimit-*` headers."""
    most_in_window: int = 0
    """429 for more requests than this in one window."""
    faults: tuple[Fault, ...] = ()

    @classmethod
    def from_json(cls, text: str) -> Behaviour:
        values = json.loads(text)
        return cls(**values | {"faults": tuple(Fault(**f) for f in values.get("faults", ()))})


@dataclass
class Entry:
    """One request that arrived."""

    key: str
    """Hash of the body: equal requests have equal keys."""
    text: str
    """The last message."""
    arrived: float
    tokens: int
    """Of its prompt, as an answer's usage tells it."""
    status: int = 0
    """What was answered; 0 while open, and for broken answers."""
    body: dict[str, Any] = field(default_factory=dict)
    """All that was asked but the messages."""
    sent: float | None = None
    """When a whole answer had been handed to the operating system."""


@dataclass
class Log:
    """What a server has seen since its behaviour was set."""

    entries: list[Entry] = field(default_factory=list)
    peak: int = 0
    """Most requests open at once."""

    def answered(self, before: float = float("inf")) -> set[str]:
        """Keys of the requests whose good answer left before a moment."""
        good = (e for e in self.entries if e.status == 200 and e.sent is not None)
        return {e.key for e in good if e.sent is not None and e.sent < before}

    def attempts(self, text: str = "") -> Counter[str]:
        """How often each request arrived whose last message holds `text`."""
        return Counter(e.key for e in self.entries if text in e.text)


@dataclass(frozen=True)
class Server:
    """The tests' side of a running server."""

    port: int
    process: subprocess.Popen[str]

    @property
    def url(self) -> str:
        """The base URL for clients."""
        return f"http://127.0.0.1:{self.port}/v1"

    def set(self, behaviour: Behaviour) -> None:
        """Change what the server does, and forget what it has seen."""
        self._call("POST", "/_behaviour", json.dumps(asdict(behaviour)))

    def log(self) -> Log:
        """What it has seen since."""
        values = json.loads(self._call("GET", "/_log"))
        return Log([Entry(**entry) for entry in values["entries"]], values["peak"])

    def wait(self, answered: int) -> None:
        """Return once this many requests have had a good answer."""
        self._call("GET", f"/_wait?answered={answered}")

    def stop(self) -> None:
        """End it, as a server that goes down: open connections break."""
        self.process.kill()
        self.process.communicate()

    def _call(self, method: str, path: str, body: str | None = None) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body)
            return connection.getresponse().read()
        finally:
            connection.close()


@contextmanager
def serve(behaviour: Behaviour = Behaviour(), port: int = 0) -> Iterator[Server]:
    """Run a server for as long as the block lasts; it also ends with this process."""
    command = [sys.executable, str(_PROGRAM), "--until-eof", "--port", str(port)]
    command += ["--behaviour", json.dumps(asdict(behaviour))]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    assert process.stdout is not None
    server = Server(int(process.stdout.readline()), process)
    try:
        yield server
    finally:
        server.stop()
