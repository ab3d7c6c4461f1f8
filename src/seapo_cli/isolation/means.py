"""How untrusted code is isolated: bubblewrap, namespaces, or none."""

from __future__ import annotations

import json
import os
import shutil
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import ClassVar

from seapo_cli.exceptions import SeapoError
from seapo_cli.isolation.inside.limits import libseccomp

_HERE = Path(__file__).parent
_SCRATCH_MIB = 64
_LIBRARIES = ("/lib", "/lib64", "/lib32", "/usr/lib", "/usr/lib64", "/usr/lib32")
_LIBRARY_LIST = "/etc/ld.so.cache"
_OF_PREFIX = ("bin", "lib", "lib64", "pyvenv.cfg")
_START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from inside.{0} import main; main()"


class NoIsolationError(SeapoError):
    """This machine offers no means of isolation."""


@dataclass(frozen=True)
class Means:
    """One way to start a sandbox's server."""

    name: ClassVar[str]
    scratch: ClassVar[str | None] = "/scratch"
    """The folder that can be written, inside; None: one is to be made outside."""
    programs: Mapping[str, str] = field(default_factory=dict)
    """Paths of other languages' interpreters, which are shown in the sandbox too."""

    def command(self, scratch: str) -> list[str]:
        """The command line; `scratch` is an empty folder, for means that have none of their own."""
        raise NotImplementedError

    def describe(self) -> str:
        """What is in force, in one line."""
        calls = "seccomp" if libseccomp() else "no seccomp (libseccomp2 is not installed)"
        return f"isolated by {self.name}, {calls}, rlimits"

    def _server(self, module: str, argument: object) -> list[str]:
        # -P and -s, not -I, as that would ignore PYTHONHASHSEED.
        start = ["-P", "-s", "-c", _START.format(module), str(_HERE), json.dumps(argument)]
        return [sys.executable, *start]

    def _options(self, scratch: str | None, *, alone: bool) -> dict[str, object]:
        return {"scratch": scratch, "alone": alone, "programs": dict(self.programs)}

    def _paths(self) -> list[tuple[str, str]]:
        return visible_paths(tuple(self.programs.values()))


class Bubblewrap(Means):
    """The program `bwrap`: namespaces for users, mounts, processes, network, IPC, host name."""

    name = "bubblewrap (namespaces)"

    def command(self, scratch: str) -> list[str]:  # noqa: ARG002
        shown = [part for pair in self._paths() for part in ("--ro-bind", *pair)]
        return [
            *("bwrap", "--unshare-all", "--unshare-user", "--uid", "65534", "--gid", "65534"),
            *("--cap-drop", "ALL", "--new-session", "--as-pid-1", *shown, "--dev", "/dev"),
            *("--remount-ro", "/dev", "--size", str(_SCRATCH_MIB << 20)),
            *("--tmpfs", str(self.scratch)),
            *("--chdir", str(self.scratch), "--remount-ro", "/", "--"),
            *self._server("server", self._options(self.scratch, alone=True)),
        ]


class Namespaces(Means):
    """The kernel's namespaces, entered by seapo itself."""

    name = "Linux namespaces (as nobody)"

    def command(self, scratch: str) -> list[str]:  # noqa: ARG002
        plan = {
            "paths": self._paths(),
            "scratch_mib": _SCRATCH_MIB,
            "server": self._options(self.scratch, alone=True),
        }
        return self._server("namespaces", plan)


class Unsafe(Means):
    """Limits only; for users who have a container or virtual machine around it all."""

    name = "nothing"
    scratch = None

    def command(self, scratch: str) -> list[str]:
        return self._server("server", self._options(scratch, alone=False))

    def describe(self) -> str:
        calls = "seccomp and rlimits" if libseccomp() else "rlimits"
        return f"NOT ISOLATED, as no means works here: {calls} only; it can read your files"


def visible_paths(programs: Sequence[str] = ()) -> list[tuple[str, str]]:
    """What a sandbox can read: real path and place of libraries, Python, programs."""
    prefixes = {sys.prefix, sys.base_prefix, os.path.realpath(sys.base_prefix)}
    prefixes |= {str(Path(sys.executable).resolve().parent.parent)}
    paths = {*_LIBRARIES, _LIBRARY_LIST, str(_HERE / "inside")}
    paths |= {f"{prefix}/{part}" for prefix in prefixes for part in _OF_PREFIX}
    paths |= set(map(sysconfig.get_path, ("stdlib", "platstdlib", "purelib", "platlib")))
    paths |= {shown for program in programs for shown in (program, os.path.realpath(program))}
    kept: list[tuple[str, str]] = []
    for path in sorted(filter(os.path.exists, paths)):
        inside_shown = any(path.startswith(f"{place}/") for _, place in kept)
        if not inside_shown:
            kept.append((os.path.realpath(path), path))
    return kept


def clear_environment(scratch: str) -> dict[str, str]:
    """All that a sandbox's processes find in their environment."""
    return {
        "PATH": os.defpath,
        "HOME": scratch,
        "TMPDIR": scratch,
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


@cache
def find_means(programs: tuple[tuple[str, str], ...] = (), *, unsafe: bool = False) -> Means:
    """The best means that works on this machine, tried out.

    `programs`: names and paths of other languages' interpreters.

    Raises:
        NoIsolationError: none works, and `unsafe` is not asked for.
    """
    from seapo_cli.isolation.sandbox import Sandbox

    # Root, whom bubblewrap maps, has no limit on processes but seccomp's.
    limited = libseccomp() is not None or os.geteuid() != 0
    kinds: list[type[Means]] = [Bubblewrap] if shutil.which("bwrap") and limited else []
    kinds += [Namespaces] if sys.platform.startswith("linux") else []
    tried = []
    for kind in kinds:
        means = kind(dict(programs))
        try:
            with Sandbox(means):
                return means
        except SeapoError as error:
            tried.append(f"{kind.__name__.lower()}: {error}")
    if unsafe:
        return Unsafe(dict(programs))
    raise NoIsolationError(
        f"no isolation for code that is run works here ({'; '.join(tried) or sys.platform}): "
        "install bubblewrap (apt-get install bubblewrap) where user namespaces are allowed, or, "
        "inside a container that holds nothing of value, give --set tests.unsafe=true"
    )
