"""Where the kernel allows no isolation, code is run only if that is asked for."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROW = {
    "prompt": "Double it.",
    "response": "def f(n): return 2 * n",
    "negative": "def f(n): return 3 * n",
    "test": "assert f(3) == 6",
}


def run_without_namespaces(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Inside a sandbox that shows everything, but forbids to make another."""
    (folder / "in.jsonl").write_text(json.dumps(ROW))
    command = [sys.executable, "-m", "seapo_cli", "filter", str(folder / "in.jsonl"), *options]
    jail = ["bwrap", "--dev-bind", "/", "/", "--unshare-user", "--disable-userns", "--uid", "1000"]
    jail += ["--setenv", "TMPDIR", str(folder)]  # for its scratch folders
    return subprocess.run([*jail, *command], capture_output=True, text=True, check=False)


@pytest.mark.skipif(not shutil.which("bwrap"), reason="forbidding namespaces takes bubblewrap")
def test_code_is_run_only_if_that_is_asked_for(tmp_path: Path) -> None:
    refused = run_without_namespaces(tmp_path, "--check", "tests")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "no isolation" in refused.stderr
    assert "install bubblewrap" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    done = run_without_namespaces(tmp_path, "--check", "tests", "--set", "tests.unsafe=true")
    assert done.returncode == 0, done.stderr
    assert "NOT ISOLATED" in done.stderr.splitlines()[0]
    assert json.loads(done.stdout)["checks"]["tests"]["verdict"] == "pass"
    end = time.monotonic() + 10
    while list(tmp_path.glob("seapo-*")):
        assert time.monotonic() < end, "scratch is left"
        time.sleep(0.05)
