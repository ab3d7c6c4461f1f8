"""`docs/commands.md` is the real help of every command; SEAPO_UPDATE=1 writes it anew."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import typer
from typer.main import get_command

from running import Seapo
from seapo_cli.cli import app

DOCUMENT = Path(__file__).parents[2] / "docs" / "commands.md"
HEAD = """# Commands

The help of every command, as `--help` prints it. Written by
`SEAPO_UPDATE=1 .venv/bin/pytest tests/cli/test_help.py`.
"""


def commands() -> Iterator[list[str]]:
    yield []
    root = get_command(app)
    for name, command in root.commands.items():  # type: ignore[attr-defined]
        yield [name]
        for inner in getattr(command, "commands", ()):
            yield [name, inner]


def test_the_document_is_the_real_help(seapo: Seapo) -> None:
    seapo.environment |= {"COLUMNS": "100"}
    parts = [HEAD]
    for command in commands():
        result = seapo.bare(*command, "--help")
        assert (result.code, result.stderr) == (0, "")
        title = " ".join(["seapo", *command])
        parts.append(f"## {title}\n\n```\n{result.stdout.decode().rstrip()}\n```\n")
    text = "\n".join(parts)
    if os.environ.get("SEAPO_UPDATE"):
        DOCUMENT.write_text(text)
    assert DOCUMENT.read_text() == text


def test_options_that_matter_have_an_environment_variable(seapo: Seapo) -> None:
    text = seapo.bare("inject", "--help").stdout.decode()
    for name in ("SEAPO_MODEL", "SEAPO_BASE_URL", "SEAPO_ERROR_TYPE", "SEAPO_STORE"):
        assert name in text


def test_version_and_completion(seapo: Seapo) -> None:
    assert seapo.bare("--version").stdout.startswith(b"seapo ")
    shown = seapo.bare("--show-completion", "bash")
    assert shown.code in (0, 1, 2)
    assert isinstance(app, typer.Typer)


def test_an_unknown_command_or_option_is_a_usage_error(seapo: Seapo) -> None:
    for arguments, named in (
        (["nonsense"], "nonsense"),
        (["sample", "--nonsense"], "--nonsense"),
        (["sample", "-n", "many"], "-n"),
    ):
        result = seapo.bare(*arguments)
        assert (result.code, result.stdout) == (2, b"")
        assert named in result.stderr


def test_values_out_of_range_are_usage_errors(seapo: Seapo) -> None:
    for options, named in ((["--top-p", "3"], "--top-p"), (["-n", "0"], "--n")):
        result = seapo.bare("sample", *options, stdin=[{"prompt": "x"}])
        assert (result.code, result.stdout) == (2, b"")
        assert named in result.stderr
