"""What the kernel refuses to one process: rlimits, and system calls by libseccomp."""

from __future__ import annotations

import ctypes
import ctypes.util
import errno
import os
import resource
import sys
from typing import Any

LARGEST_FILE = 4 << 20
_MOST_FILES = 64
_MOST_PROCESSES = 256
_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 4, 38
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_NOT_EQUAL, _MASKED_EQUAL = 1, 7
_CLONE_THREAD = 0x00010000
_DENIED = (
    *("socket", "connect", "bind", "listen", "accept", "accept4", "fork", "vfork"),
    *("ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp"),
    *("pidfd_open", "pidfd_getfd", "pidfd_send_signal", "tkill", "rt_sigqueueinfo"),
    *("unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree"),
    *("fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr", "swapon", "swapoff"),
    *("bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter"),
    *("io_uring_register", "keyctl", "add_key", "request_key", "shmget", "shmat", "msgget"),
    *("semget", "mq_open", "memfd_create", "memfd_secret", "init_module", "finit_module"),
    *("delete_module", "kexec_load", "kexec_file_load", "reboot", "acct", "quotactl", "syslog"),
    *("personality", "name_to_handle_at", "open_by_handle_at", "sethostname", "setdomainname"),
    *("settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "iopl", "ioperm"),
    *("modify_ldt", "fanotify_init", "sched_setaffinity", "setpriority", "ioprio_set"),
)
_RUNS_PROGRAMS = ("execve", "execveat")
_OTHERS = ("kill", "tgkill", "rt_tgsigqueueinfo")
"""Allowed for the process itself, as `abort` needs it."""


class _Argument(ctypes.Structure):
    _fields_ = (
        ("arg", ctypes.c_uint),
        ("op", ctypes.c_int),
        ("a", ctypes.c_uint64),
        ("b", ctypes.c_uint64),
    )


def libseccomp() -> Any:
    """The library; None where it is not installed."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        library = ctypes.CDLL("libseccomp.so.2")
    except OSError:
        return None
    library.seccomp_init.restype = ctypes.c_void_p
    return library


def harden() -> None:
    """Refuse new privileges to this process and its children, and hide it from others."""
    if sys.platform.startswith("linux"):
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def limit(seconds: int, megabytes: int, *, address_space: bool, processes: bool) -> None:
    """Limit CPU time, memory, files and processes of this process.

    `address_space`: count reserved memory too, which is stricter, but not for runtimes that
    reserve much more than they use. `processes`: the limit counts those of the sandbox only.
    """
    memory = megabytes << 20
    most = {
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_AS if address_space else resource.RLIMIT_DATA: memory,
        resource.RLIMIT_FSIZE: LARGEST_FILE,
        resource.RLIMIT_NOFILE: _MOST_FILES,
        resource.RLIMIT_CORE: 0,
    }
    if processes:
        most[resource.RLIMIT_NPROC] = _MOST_PROCESSES
    for kind, value in most.items():
        _, hard = resource.getrlimit(kind)
        soft = value if hard == resource.RLIM_INFINITY else min(value, hard)
        # One second more before the kill that cannot be caught.
        resource.setrlimit(kind, (soft, soft + 1 if kind == resource.RLIMIT_CPU else soft))


def forbid(library: Any, *, programs: bool) -> None:
    """Refuse to this process: network, other processes, rarely used parts of the kernel.

    `programs`: also to run another program.

    Raises:
        OSError: the kernel does not take the filter.
    """
    context = ctypes.c_void_p(library.seccomp_init(_ALLOW))
    denied = _ERRNO | errno.EPERM
    for name in (*_DENIED, *(_RUNS_PROGRAMS if programs else ())):
        _rule(library, context, denied, name)
    for name in _OTHERS:
        _rule(library, context, denied, name, _Argument(0, _NOT_EQUAL, os.getpid(), 0))
    _rule(library, context, denied, "prlimit64", _Argument(0, _NOT_EQUAL, 0, 0))
    _rule(library, context, denied, "clone", _Argument(0, _MASKED_EQUAL, _CLONE_THREAD, 0))
    # glibc takes `clone` where there is no `clone3`, whose flags a filter cannot see.
    _rule(library, context, _ERRNO | errno.ENOSYS, "clone3")
    failed = library.seccomp_load(context)
    library.seccomp_release(context)
    if failed:
        raise OSError(-failed, os.strerror(-failed))


def _rule(library: Any, context: Any, action: int, name: str, *arguments: _Argument) -> None:
    number = library.seccomp_syscall_resolve_name(name.encode())
    if number == -1:  # unknown to this version of the library
        return
    made = (_Argument * len(arguments))(*arguments)
    failed = library.seccomp_rule_add_array(
        context, ctypes.c_uint32(action), number, len(arguments), made
    )
    if failed and number >= 0:
        raise OSError(-failed, f"seccomp: {name}")
