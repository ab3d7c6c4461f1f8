"""The built wheel works by itself, prompts included; its version is git's tag; how it starts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from seapo_cli.__main__ import main

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


def _run(*command: str, folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def _version(folder: Path) -> str:
    return _run(sys.executable, "-m", "hatchling", "metadata", "version", folder=folder)


def _git(*arguments: str, folder: Path) -> str:
    who = ("-c", "user.name=somebody", "-c", "user.email=somebody@localhost")
    return _run("git", *who, *arguments, folder=folder)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """What a version is found out from, in a folder of its own, without git."""
    folder = tmp_path / "project"
    folder.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    return folder


def _commit(folder: Path) -> None:
    _git("init", "--quiet", folder=folder)
    _git("add", ".", folder=folder)
    _git("commit", "--quiet", "--message", "it", folder=folder)


def test_the_version_is_the_last_release_tag(project: Path) -> None:
    _commit(project)
    _git("tag", "v1.2.3", folder=project)
    assert _version(project) == "1.2.3"
    _git("commit", "--quiet", "--allow-empty", "--message", "more", folder=project)
    _git("tag", "study-2", folder=project)  # not a release's
    assert _version(project).startswith("1.2.4.dev1+g")


def test_there_is_a_version_without_tags_and_without_git(project: Path, tmp_path: Path) -> None:
    assert _version(project) == "0.0"
    _commit(project)
    assert _version(project).startswith("0.1.dev1+g")
    _git("commit", "--quiet", "--allow-empty", "--message", "more", folder=project)
    shallow = tmp_path / "shallow"
    _git("clone", "--quiet", "--depth", "1", project.as_uri(), str(shallow), folder=tmp_path)
    assert _version(shallow).startswith("0.1.dev1+g")


def test_a_source_package_keeps_its_version(project: Path, tmp_path: Path) -> None:
    _commit(project)
    _git("tag", "v1.2.3", folder=project)
    _run(sys.executable, "-m", "hatchling", "build", "--target", "sdist", folder=project)
    (packed,) = project.glob("dist/*.tar.gz")
    shutil.unpack_archive(packed, tmp_path)
    assert _version(tmp_path / "seapo_cli-1.2.3") == "1.2.3"


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


def test_an_interrupt_during_imports_shows_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "seapo_cli.cli":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "seapo_cli.cli", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Interrupted(), *sys.meta_path])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130
