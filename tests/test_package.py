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


FIRST = """
import sys
from importlib import import_module
from pathlib import Path

import seapo_cli

root = Path(seapo_cli.__file__).parent
for path in sorted(file for name in sys.argv[1:] for file in (root / name).rglob("*.py")):
    for known in [name for name in sys.modules if name.partition(".")[0] == "seapo_cli"]:
        del sys.modules[known]
    import_module(".".join(path.relative_to(root.parent).with_suffix("").parts))
    print(path.stem)
"""


def test_each_module_can_be_the_first_that_is_imported() -> None:
    """Modules that import one another in a circle work only in some orders."""
    command = [sys.executable, "-c", FIRST, "text", "checks", "mistakes"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) > 50
