"""The make targets: a skip fails where all was installed, and every requirement has a floor."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from floors import floors

TESTS = Path(__file__).resolve().parent


@pytest.mark.parametrize(("options", "code"), [((), 0), (("--no-skips",), 1)])
def test_a_skip_is_told_and_fails_if_so_wanted(
    tmp_path: Path, options: tuple[str, ...], code: int
) -> None:
    shutil.copy(TESTS / "conftest.py", tmp_path)
    file = tmp_path / "test_it.py"
    file.write_text("import pytest\ndef test_it(): pytest.skip('no such thing here')\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-rs", *options, str(file)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent / "src")])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "no such thing here" in done.stdout


def test_every_requirement_has_a_lowest_version() -> None:
    found = floors()
    assert "transformers==4.56" in found
    assert len(found) > 20


def test_targets_run_named_files_only() -> None:
    """What else is installed must not change what `make test` runs."""
    make = ["make", "--dry-run", "--always-make", "-C", str(TESTS.parent)]
    plain = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}

    def last(*arguments: str) -> str:
        text = subprocess.run(
            [*make, *arguments], env=plain, capture_output=True, check=True
        ).stdout
        return text.decode().rstrip().splitlines()[-2 if b"Leaving" in text else -1]

    for path in ("tests/training", "tests/scale", "tests/backends/test_vllm.py"):
        assert f"--ignore {path}" in last("test")
        assert (TESTS.parent / path).exists()
    assert ".venv/bin" in last("test")
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert f".venv-{version}/bin" in last("test", f"PYTHON={sys.executable}")
