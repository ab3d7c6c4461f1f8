"""What `make dist` has built, looked at and used as somebody does who has nothing else.

    python tests/dist.py DIST

The wheel and the sdist hold what they should and nothing else; the sdist's wheel, which is in DIST,
is the tree's; and in a fresh environment, outside the tree, the wheel goes from answers to pairs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from servers import serve

ROOT = Path(__file__).resolve().parent.parent
_IN_WHEEL = {"src/seapo_cli/": "seapo_cli/", "prompts/": "seapo_cli/prompts_data/"}
_IN_SDIST = ("src/", "prompts/", "examples/", "tests/", "docs/", ".ci/", "Makefile", "mkdocs.yml")
_PAGES = ("LICENSE", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
_WRITTEN_BY_BUILD = {"PKG-INFO", ".gitignore"}


def main() -> None:
    """Check the one wheel and the one sdist of a folder."""
    folder = Path(sys.argv[1]).resolve()
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    version = sdist.name.removeprefix("seapo_cli-").removesuffix(".tar.gz")
    _same("version of wheel and sdist", wheel.name.split("-")[1], version)
    tracked = _tracked()
    built = _wheel(wheel)
    _same("files of the wheel", {n for n in built if ".dist-info/" not in n}, _renamed(tracked))
    _sdist(sdist, tracked)
    with TemporaryDirectory() as name:
        scratch = Path(name)
        build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(scratch), str(ROOT)]
        subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
        _same("wheels of tree and sdist", _wheel(scratch / wheel.name), built)
        _use(wheel, scratch, version)
    print(f"dist: {wheel.name} and {sdist.name} are whole and work")


def _tracked() -> set[str]:
    """All files of the project, from git."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return {name for name in names.split("\0") if (ROOT / name).is_file()}


def _renamed(tracked: set[str]) -> set[str]:
    """Where the project's files are in a wheel."""
    return {
        new + name.removeprefix(old)
        for name in tracked
        for old, new in _IN_WHEEL.items()
        if name.startswith(old)
    }


def _wheel(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _sdist(path: Path, tracked: set[str]) -> None:
    with tarfile.open(path) as archive:
        top = path.name.removesuffix(".tar.gz") + "/"
        held = {
            member.name.removeprefix(top): file.read()
            for member in archive.getmembers()
            if (file := archive.extractfile(member)) is not None
        }
    expected = {name for name in tracked if name.startswith(_IN_SDIST) or name in _PAGES}
    _same("files that the sdist lacks", expected - set(held), set())
    _same("pages that the sdist lacks", set(_PAGES) - set(held), set())
    _same("files of nobody in the sdist", set(held) - tracked - _WRITTEN_BY_BUILD, set())
    changed = {n for n, data in held.items() if n in tracked and (ROOT / n).read_bytes() != data}
    _same("files that the sdist has changed", changed, set())


def _use(wheel: Path, scratch: Path, version: str) -> None:
    """From answers to pairs, with the installed command alone."""
    subprocess.run([sys.executable, "-m", "venv", "venv"], cwd=scratch, check=True)
    install = ["venv/bin/pip", "install", "--quiet", "--disable-pip-version-check", str(wheel)]
    subprocess.run(install, cwd=scratch, check=True)

    def seapo(*arguments: str) -> str:
        done = subprocess.run(
            ["venv/bin/seapo", *arguments],
            cwd=scratch,
            env={"PATH": os.defpath, "HOME": str(scratch), "COLUMNS": "200"},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(f"dist: seapo {' '.join(arguments)} ended with {done.returncode}")
        return done.stdout

    _same("seapo --version", seapo("--version"), f"seapo {version}\n")
    listed = seapo("types")
    missing = {path.stem for path in ROOT.glob("prompts/*.md") if path.stem not in listed}
    _same("types that `seapo types` lacks", missing, set())
    answers = str(ROOT / "examples" / "answers.jsonl")
    with serve() as server:
        asked = ("--base-url", server.url, "--model", "mock", "-t", "factual")
        seapo("inject", answers, "--mode", "menu", *asked, "-o", "negatives.jsonl")
    seapo("filter", "negatives.jsonl", "-o", "kept.jsonl")
    seapo("pair", "kept.jsonl", "-o", "pairs.jsonl", "--format", "trl-chat")
    rows = [json.loads(line) for line in (scratch / "pairs.jsonl").read_text().splitlines()]
    _same("pairs without two sides", [r for r in rows if r["chosen"] == r["rejected"]], [])
    if not rows or not seapo("show", "pairs.jsonl"):
        sys.exit("dist: no pairs came out")


def _same(what: str, found: object, expected: object) -> None:
    if found == expected:
        return
    if isinstance(found, dict) and isinstance(expected, dict):
        names = found.keys() | expected.keys()
        found = {name for name in names if found.get(name) != expected.get(name)}
        expected = set()
    if isinstance(found, set) and isinstance(expected, set):
        found, expected = sorted(found - expected), sorted(expected - found)
    sys.exit(f"dist: {what}: {found!r} instead of {expected!r}")


if __name__ == "__main__":
    main()
