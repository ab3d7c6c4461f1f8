"""The built wheel works by itself, prompts included."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_the_wheel_brings_its_prompts(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", str(tmp_path), str(ROOT)], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "installed")}
    where = "import seapo_cli; print(seapo_cli.__file__)"
    for command in (["-c", where], ["-m", "seapo_cli", "types"]):
        done = subprocess.run(
            [sys.executable, *command],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        assert "hallucination" in done.stdout or str(tmp_path) in done.stdout
    prompts = tmp_path / "installed" / "seapo_cli" / "prompts_data"
    shipped = {path.relative_to(prompts) for path in prompts.rglob("*.md")}
    assert shipped == {path.relative_to(ROOT / "prompts") for path in ROOT.glob("prompts/**/*.md")}
