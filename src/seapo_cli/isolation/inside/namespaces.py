"""Enters namespaces of its own, and serves there: for machines without bubblewrap.

    python -m inside.namespaces PLAN      PLAN: JSON, see `Plan`

Users (unless root makes them, who then becomes nobody), mounts, processes, network, IPC and the
host's name are separate. The new root holds the given paths, read-only, a scratch folder in
memory, and nothing else: no home, no /proc, no /sys.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from pathlib import Path
from typing import NamedTuple

from .server import Options, serve

_NEWNS, _NEWUTS, _NEWIPC = 0x00020000, 0x04000000, 0x08000000
_NEWUSER, _NEWPID, _NEWNET = 0x10000000, 0x20000000, 0x40000000
_MS_RDONLY, _MS_NOSUID, _MS_NODEV = 1, 2, 4
_MS_BIND, _MS_REC, _MS_PRIVATE = 4096, 16384, 1 << 18
_MNT_DETACH = 2
_MOUNT_SETATTR, _AT_FDCWD, _AT_RECURSIVE = 442, -100, 0x8000
_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP = 1, 24
_CAPABILITY_VERSION = 0x20080522
_NOBODY = 65534
_OLD = "/.old"
_BASE = "/tmp"

libc = ctypes.CDLL(None, use_errno=True)


class Plan(NamedTuple):
    """What the sandbox holds."""

    paths: list[tuple[str, str]]
    """Files and folders that can be read: the real path outside, and the place inside."""
    scratch_mib: int
    server: dict[str, object]
    """`Options` of the server."""


def enter(plan: Plan) -> None:
    """Make the namespaces, and become process 1 in them; the caller waits for it outside."""
    root = os.geteuid() == 0
    user, group = os.geteuid(), os.getegid()
    flags = _NEWNS | _NEWPID | _NEWNET | _NEWIPC | _NEWUTS | (0 if root else _NEWUSER)
    _call("unshare", libc.unshare(flags))
    if not root:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{_NOBODY} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{_NOBODY} {group} 1")
    child = os.fork()
    if child:
        for fd in (0, 1):  # the ends of the pipes are the server's alone
            os.close(fd)
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 0xFF)
    _mounts(plan)
    _drop(root)
    # After the change of user, which clears it.
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _mounts(plan: Plan) -> None:
    _mount(None, "/", None, _MS_REC | _MS_PRIVATE)
    _mount("tmpfs", _BASE, "tmpfs", _MS_NOSUID | _MS_NODEV, "size=1m,mode=755")
    Path(_BASE + _OLD).mkdir()
    _call("pivot_root", libc.pivot_root(_BASE.encode(), (_BASE + _OLD).encode()))
    os.chdir("/")
    for source, path in plan.paths:
        _show(source, path)
        _restrict(path, _MS_RDONLY | _MS_NOSUID | _MS_NODEV, _AT_RECURSIVE)
    for name in ("null", "zero", "urandom"):
        _show(f"/dev/{name}", f"/dev/{name}")
    scratch = str(plan.server["scratch"])
    Path(scratch).mkdir(parents=True, exist_ok=True)
    size = f"size={plan.scratch_mib}m,nr_inodes=4096,mode=1777"
    _mount("tmpfs", scratch, "tmpfs", _MS_NOSUID | _MS_NODEV, size)
    _call("umount2", libc.umount2(_OLD.encode(), _MNT_DETACH))
    Path(_OLD).rmdir()
    _restrict("/", _MS_RDONLY, 0)


def _show(outside: str, path: str) -> None:
    source, target = Path(_OLD + outside), Path(path)
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    _mount(str(source), path, None, _MS_BIND | _MS_REC)


def _mount(
    source: str | None, target: str, kind: str | None, flags: int, data: str | None = None
) -> None:
    texts = [None if text is None else text.encode() for text in (source, target, kind, data)]
    _call(
        f"mount {target}", libc.mount(texts[0], texts[1], texts[2], ctypes.c_ulong(flags), texts[3])
    )


def _restrict(path: str, attributes: int, how: int) -> None:
    values = (ctypes.c_uint64 * 4)(attributes, 0, 0, 0)
    number, at = ctypes.c_long(_MOUNT_SETATTR), ctypes.c_long(_AT_FDCWD)
    size = ctypes.c_size_t(ctypes.sizeof(values))
    done = libc.syscall(number, at, path.encode(), ctypes.c_long(how), ctypes.byref(values), size)
    _call(f"mount_setattr {path}", done)


def _drop(root: bool) -> None:
    """Give up all rights over the namespaces."""
    for capability in range(64):
        libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    if root:
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    _call("capset", libc.capset(ctypes.byref(header), ctypes.byref((ctypes.c_uint32 * 6)())))


def _call(what: str, done: int) -> None:
    if done != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def main() -> None:
    """Start from the command line."""
    plan = Plan(**json.loads(sys.argv[1]))
    try:
        enter(plan)
    except OSError as error:
        print(error.strerror or error, file=sys.stderr)
        os._exit(1)
    serve(Options(**plan.server))  # type: ignore[arg-type]
