"""The make targets: a skip fails where all was installed, and every requirement has a floor."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
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


def on_policy(folder: Path, *variables: str) -> list[str]:
    """The commands that the on-policy example would run, one a line."""
    (folder / "prompts.jsonl").touch()
    example = TESTS.parent / "examples" / "on_policy"
    where = [f"OUT={folder / 'out'}", f"PROMPTS={folder / 'prompts.jsonl'}"]
    plain = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    done = subprocess.run(
        ["make", "--dry-run", "-C", str(example), *where, *variables],
        env=plain,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.replace("\\\n", " ").splitlines()
    return [" ".join(line.split()) for line in lines if line.startswith("seapo ")]


def verbs(commands: Iterable[str]) -> list[str]:
    return [command.split()[1] for command in commands]


ROUND = ["sample", "filter", "inject", "filter", "pair", "train"]


def test_each_round_asks_and_trains_what_the_round_before_made(tmp_path: Path) -> None:
    commands, out = on_policy(tmp_path, "ROUNDS=3", "N=4"), tmp_path / "out"
    assert verbs(commands) == 3 * ROUND
    assert not any("--model" in command for command in commands[:6])  # the packaged one
    asked = f"--backend embedded --model {out}/2/model/model.gguf"
    assert [asked in command for command in commands[12:]] == [
        True,
        False,
        True,
        True,
        False,
        False,
    ]
    assert f"--model {out}/2/model --gguf q8_0" in commands[17]
    assert "--n 4" in commands[12] or "-n 4" in commands[12]


def test_a_policy_on_vllm_needs_no_gguf(tmp_path: Path) -> None:
    commands = on_policy(tmp_path, "POLICY=owner/name", "BACKEND=vllm", "INJECT=-t factual")
    assert "--backend vllm --model owner/name" in commands[0]
    assert "--model owner/name" in commands[5]
    assert f"--backend vllm --model {tmp_path}/out/1/model ||" in commands[6]
    assert not any("gguf" in command for command in commands)


def test_code_is_run_only_on_request(tmp_path: Path) -> None:
    assert not any("right,tests" in command for command in on_policy(tmp_path))
    commands = on_policy(tmp_path, "VERIFY=right,tests", "CHECKS=--check judge")
    assert "--preset none --check right,tests " in commands[1]
    assert "--check right,tests,plausibility --check judge " in commands[3]


def test_what_is_there_is_not_made_again(tmp_path: Path) -> None:
    for number, name in enumerate(["answers.jsonl", "right.jsonl", "negatives.jsonl"]):
        file = tmp_path / "out" / "1" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        os.utime(file, (2e9 + number, 2e9 + number))
    assert verbs(on_policy(tmp_path)) == ROUND[3:] + ROUND
