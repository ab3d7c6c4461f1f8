"""One sandbox, seen from outside: started once, it runs one job after the other."""

from __future__ import annotations

import select
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from tempfile import mkdtemp
from typing import Any

from seapo_cli.exceptions import SeapoError
from seapo_cli.isolation.inside.wire import WireError, read_frame, write_frame
from seapo_cli.isolation.means import Means, clear_environment

_START_SECONDS = 60.0
"""What starting may take on a busy machine."""
_REPLY_SECONDS = 30.0
"""How much later than the job's own end the server may answer."""


class SandboxDied(SeapoError):
    """The sandbox's server ended or went silent, and with it the job."""


@dataclass(frozen=True)
class Limits:
    """What one job may use."""

    seconds: int = 10
    """CPU seconds of the answer, and of its tests."""
    memory: int = 512
    """MiB for the answer, and for its tests."""

    @property
    def wall(self) -> float:
        """Seconds until a job that waits, or a busy machine, is given up."""
        return 3.0 * self.seconds + 3.0


class Sandbox:
    """A server process in isolation; ends with this process, whose pipe it reads.

    Raises:
        SeapoError: it does not start.
    """

    def __init__(self, means: Means) -> None:
        scratch = means.scratch or mkdtemp(prefix="seapo-")  # removed by the server, as it ends
        self.process = subprocess.Popen(
            means.command(scratch),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=clear_environment(scratch),
            cwd="/",
            start_new_session=True,  # Ctrl-C is for seapo, which ends it
        )
        try:
            self._reply(_START_SECONDS)
        except SandboxDied:
            self.close()
            raise SeapoError(self._complaint()) from None

    def run(self, job: dict[str, Any], limits: Limits) -> dict[str, Any]:
        """Do one job; the server's outcome.

        Raises:
            SandboxDied: there is none; the sandbox is closed.
        """
        asked = {"seconds": limits.seconds, "memory": limits.memory, "wall": limits.wall}
        assert self.process.stdin is not None
        fd = self.process.stdin.fileno()
        try:
            write_frame(fd, {"language": job["language"], **asked})
            write_frame(fd, {"program": job["program"]})
            write_frame(fd, job["task"])
            outcome = self._reply(limits.wall + _REPLY_SECONDS)
        except OSError:
            self.close()
            raise SandboxDied("the sandbox ended") from None
        except BaseException:
            self.close()
            raise
        # A checker that was killed may have left its task unread, for the next job to stumble on.
        if outcome["verdict"] is None or not outcome["clean"]:
            self.close()
        return outcome

    @property
    def closed(self) -> bool:
        """Whether it can be used no longer."""
        return self.process.stdin is None or self.process.stdin.closed

    def close(self) -> None:
        """End it and all that runs in it."""
        with suppress(OSError):
            if self.process.stdin is not None:
                self.process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=2)
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _reply(self, seconds: float) -> dict[str, Any]:
        assert self.process.stdout is not None
        fd = self.process.stdout.fileno()
        if not select.select([fd], [], [], seconds)[0]:
            raise SandboxDied("the sandbox went silent")
        try:
            reply = read_frame(fd)
        except WireError as error:
            raise SandboxDied(f"the sandbox sent {error}") from None
        if not isinstance(reply, dict):
            raise SandboxDied("the sandbox ended")
        return reply

    def _complaint(self) -> str:
        assert self.process.stderr is not None
        lines = self.process.stderr.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it does not start"
