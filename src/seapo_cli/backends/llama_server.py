"""A llama.cpp server in a process of its own: the program that `embedded` starts.

    python llama_server.py MODEL [NAME]

Prints one JSON line, `{"address": ...}` once the model answers, or `{"error": ...}`, and runs
until stdin ends: so it dies with whoever started it, however that died. Run as a file, since
importing the package would cost more than loading a small model.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress

KEY = "SEAPO_LLAMA_KEY"
"""Environment variable with the key that callers have to show; not set, anyone may call."""
SLOTS = 4
"""Requests that decode together. More slots were no faster with two cores."""
_TOKENS_PER_SLOT = 4096
_PROMPT_CACHE_MB = 256
_QUIET = 0
_SPINS = "1000"
"""How long libgomp's threads spin before they sleep. Measured with two cores: nothing lost when
alone (140 tokens/s), and 53 instead of 2 tokens/s each for two runs side by side, which at the
default of 300,000 mostly wait for each other's spinning threads."""


def _main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started it
    os.environ.setdefault("GOMP_SPINCOUNT", _SPINS)  # read once, when libgomp loads
    import xllamacpp

    path, *name = sys.argv[1:]
    parameters = xllamacpp.CommonParams()
    parameters.model.path = path
    parameters.n_parallel = SLOTS
    parameters.n_ctx = SLOTS * _TOKENS_PER_SLOT
    parameters.kv_unified = True
    parameters.cache_ram_mib = _PROMPT_CACHE_MB
    parameters.verbosity = _QUIET
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.ui = False
    if key := os.environ.get(KEY):
        parameters.api_keys = [key]
    if name:
        parameters.model_alias = set(name)
    parameters.cpuparams.n_threads = _cores()
    try:
        server = xllamacpp.Server(parameters)
    except (RuntimeError, ValueError) as error:
        _say({"error": str(error)})
        os._exit(1)
    _say({"address": server.listening_address})
    sys.stdin.buffer.read()
    os._exit(0)  # llama.cpp crashes where it is torn down while requests are open


def _say(what: dict[str, str]) -> None:
    with suppress(BrokenPipeError):  # nobody waits any more; stdin has ended too
        print(json.dumps(what), flush=True)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


if __name__ == "__main__":
    _main()
