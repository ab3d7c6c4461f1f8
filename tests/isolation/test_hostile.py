"""Answers that mean harm: none passes wrongly, gets out, or outlives seapo."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from hostile_answers import ENDLESS, FORGERIES
from seapo_cli.isolation.judge import Finding, Judge, Task
from seapo_cli.isolation.languages import find_language
from seapo_cli.isolation.means import Means
from seapo_cli.isolation.sandbox import Limits

PYTHON = find_language("python")
assert PYTHON is not None
TESTS = {
    "plain": Task('assert double(3) == 6, "secret"\nassert double(5) == 10'),
    "check": Task(
        "def check(f):\n    assert all(f(n) == 2 * n for n in (3, 5))\n"
        "    assert list(map(f, [3, 5])) == [6, 10]\n"
        "    assert abs(f(3) - 6) < 1e-6\ncheck(double)",
        entry_point="double",
    ),
    "unittest": Task(
        "import unittest\nclass Test(unittest.TestCase):\n"
        "    def test_double(self):\n        self.assertEqual(double(3), 6)\n"
    ),
}


def find(judge: Judge, answer: str, task: Task = TESTS["plain"]) -> Finding:
    assert PYTHON is not None
    return judge.find(PYTHON, answer, task)


def told(judge: Judge, body: str) -> str:
    """What code inside the sandbox finds out: `body` is that of a function, and returns a text."""
    answer = f"import ctypes, os, socket, sys\ndef look():\n{textwrap.indent(body, '    ')}"
    finding = find(judge, answer, Task("found = look()\nassert False, found"))
    assert finding.reason is not None
    assert not finding.died, finding
    return finding.reason


@pytest.mark.parametrize("task", TESTS)
def test_a_right_answer_passes(judge: Judge, task: str) -> None:
    assert find(judge, "def double(n): return 2 * n", TESTS[task]) == Finding(passed=True)


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_wrong_answer_does_not_pass(judge: Judge, forgery: str) -> None:
    for task in TESTS.values():
        finding = find(judge, FORGERIES[forgery], task)
        assert not finding.passed, finding
    assert find(judge, "def double(n): return 2 * n").passed, "the next answer suffers from it"


@pytest.mark.parametrize("kind", ENDLESS)
def test_what_does_not_end_is_ended(judge: Judge, kind: str) -> None:
    impatient = Judge(judge.means, Limits(seconds=1))
    finding = find(impatient, ENDLESS[kind], Task("assert list(double(3)) == [6]"))
    impatient.close()
    assert not finding.passed
    assert "no end" in str(finding.reason), finding


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "unix", "abstract"])
def test_the_network_is_out_of_reach(judge: Judge, tmp_path: Path, address: str) -> None:
    family = {"127.0.0.1": "AF_INET", "::1": "AF_INET6"}.get(address, "AF_UNIX")
    where: object = (address, 0)
    if family == "AF_UNIX":
        where = str(tmp_path / "s") if address == "unix" else f"\0seapo-{os.getpid()}"
    with socket.socket(getattr(socket, family)) as server:
        server.bind(where)  # type: ignore[arg-type]
        server.listen()
        body = f"socket.socket(socket.{family}).connect({server.getsockname()!r})\nreturn 'in'"
        assert "Error" in told(judge, body).replace("AssertionError", "")
        server.settimeout(0.1)
        with pytest.raises(TimeoutError):
            server.accept()


def test_only_loopback_that_is_down_exists(judge: Judge) -> None:
    found = told(judge, "return str([name for _, name in socket.if_nameindex()])")
    assert "['lo']" in found or "PermissionError" in found


def test_keys_cannot_be_read(judge: Judge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted")
    (tmp_path / "key").write_text("sk-planted")
    assert "FileNotFoundError" in told(judge, f"return open({str(tmp_path / 'key')!r}).read()")
    assert "sk-" not in told(judge, "return str(dict(os.environ))")
    for path in ("/proc/1/environ", "/proc/self/environ", "/etc/passwd", __file__):
        assert "Error: [Errno" in told(judge, f"return str(os.open({path!r}, os.O_RDONLY))"), path
    home = told(judge, "return str(os.listdir(os.environ['HOME']))")
    assert home == "AssertionError: []"
    assert ".ssh" not in told(judge, f"return str(os.listdir({str(Path.home())!r}))")


def test_nothing_is_written_outside_of_the_scratch_folder(judge: Judge, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    for body in (
        f"open({str(victim)!r}, 'w')",
        f"os.remove({str(victim)!r})",
        f"open('here', 'w').close(); os.rename('here', {str(victim)!r})",
        f"os.mkdir({str(tmp_path / 'new')!r})",
        "open('/new', 'w')",
        "open('/dev/shm/new', 'w')",
        f"open({os.__file__!r}, 'a')",
        "os.chmod('/lib', 0o777)",
        "os.symlink('/', '/usr/link')",
    ):
        assert "Error: [Errno" in told(judge, body), body
    assert victim.read_text() == "mine"
    assert [*tmp_path.iterdir()] == [victim]
    assert told(judge, "open('here', 'w').write('x')\nreturn open('here').read()").endswith(": x")
    assert told(judge, "return str(os.listdir())").endswith("[]"), "left by the answer before"


def test_the_scratch_folder_is_bounded(judge: Judge) -> None:
    assert "OSError: [Errno 27]" in told(judge, "open('f', 'wb').write(bytes(1 << 26))")
    body = "for n in range(99):\n    open(f'f{n}', 'wb').write(bytes(4 << 20))"
    assert "OSError: [Errno 28]" in told(judge, body)


@pytest.mark.parametrize(
    "call",
    [
        "fork()",
        "posix_spawn(sys.executable, ['x'], {})",
        "execv(sys.executable, ['x'])",
        "kill(1, 9)",
        "kill(-1, 9)",
    ],
)
def test_no_other_process_is_started_or_touched(judge: Judge, call: str) -> None:
    assert told(judge, f"return str(os.{call})").startswith("PermissionError: [Errno 1]")


def test_rights_cannot_be_won_back(judge: Judge) -> None:
    for call in (
        "unshare(0x10000000)",
        "mount(b'x', b'/scratch', b'tmpfs', 0, None)",
        "umount2(b'/usr/lib', 2)",
        "chroot(b'/scratch')",
        "setns(0, 0)",
        "ptrace(16, 1, 0, 0)",
        "prctl(8, 1, 0, 0, 0) or libc.setuid(0)",
    ):
        body = f"libc = ctypes.CDLL(None, use_errno=True)\nreturn str(libc.{call})"
        assert told(judge, body) == "AssertionError: -1", call
    assert "Error: [Errno" in told(judge, "os.setuid(0)")


def test_memory_is_bounded(judge: Judge) -> None:
    assert told(judge, "x = bytearray(1 << 30)") == "MemoryError"
    assert "Error" in told(judge, "import mmap\nx = mmap.mmap(-1, 1 << 30)")
    many = "import threading, time\nfor _ in range(9999):\n    t = threading.Thread"
    many += "(target=time.sleep, args=(60,), daemon=True)\n    t.start()"
    assert "can't start new thread" in told(judge, many)


def descendants(pid: int) -> list[int]:
    """Processes below one, the nearest first, from /proc."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] not in "ZX":
            parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found = list(parents.get(pid, ()))
    for child in found:
        found += parents.get(child, ())
    return found


def killed_while_it_runs(judge: Judge, answer: str, times: int) -> Finding:
    """What is found where the answer's process is killed from outside."""
    assert find(judge, "def double(n): return 2 * n").passed
    assert judge.sandbox is not None
    done, killed = threading.Event(), set[int]()

    def kill() -> None:
        while not done.wait(0.02) and len(killed) < times:
            server = judge.sandbox.process.pid
            for pid in descendants(server):
                with suppress(OSError):
                    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                    if pid not in killed and int(fields[11]) > 20:  # 0.2 s of CPU: the answer
                        killed.add(pid)
                        os.kill(pid, signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    finding = find(judge, answer)
    done.set()
    thread.join()
    assert len(killed) == times
    return finding


BUSY = "import time\ndef double(n):\n    while time.process_time() < 1.5: pass\n    return 2 * n"


def test_an_answer_that_is_killed_is_asked_again(judge: Judge) -> None:
    assert killed_while_it_runs(judge, BUSY, 1).passed
    finding = killed_while_it_runs(judge, BUSY, 2)
    assert (finding.passed, finding.died) == (False, True)
    assert finding.reason == "the process was killed by SIGKILL"


def test_a_sandbox_that_is_killed_is_started_again(judge: Judge) -> None:
    assert find(judge, "def double(n): return 2 * n").passed
    assert judge.sandbox is not None
    judge.sandbox.process.kill()
    assert find(judge, "def double(n): return 2 * n").passed


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_nothing_outlives_seapo(means: Means, how: signal.Signals) -> None:
    program = (
        "from seapo_cli.isolation.means import Bubblewrap, Namespaces\n"
        "from seapo_cli.isolation.judge import *\n"
        "from seapo_cli.isolation.languages import find_language\n"
        f"judge = Judge({type(means).__name__}(), Limits(60))\n"
        "judge.find(find_language('python'), 'import time; time.sleep(999)', Task('assert x'))\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program])
    try:
        wait_until(lambda: len(descendants(parent.pid)) >= 3)
        below = descendants(parent.pid)
        parent.send_signal(how)
        parent.wait()
        wait_until(lambda: not [pid for pid in below if alive(pid)])
    finally:
        parent.kill()


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def wait_until(true: object, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.05)
