"""`docs/commands.md` is the real help of every command; SEAPO_UPDATE=1 writes it anew."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.main import get_command

from running import Seapo
from seapo_cli.cli import app, main
from seapo_cli.cli.help import FOLDED

FLAG = re.compile(r"--[a-z-]+")

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


def test_version(seapo: Seapo) -> None:
    assert seapo.bare("--version").stdout.decode() == f"seapo {version('seapo-cli')}\n"


def test_commands_stand_in_the_order_of_the_pipeline() -> None:
    root = get_command(app)
    order = ["sample", "inject", "filter", "pair", "audit", "train", "eval", "show"]
    assert list(root.commands)[: len(order)] == order  # type: ignore[attr-defined]
    assert list(root.commands)[-1] == "store"  # type: ignore[attr-defined]


def test_no_command_is_told_in_half_a_sentence(seapo: Seapo) -> None:
    seapo.environment |= {"COLUMNS": "80"}
    assert "..." not in seapo.bare("--help").stdout.decode().partition("Commands:")[2]


@pytest.mark.parametrize("command", ["sample", "inject", "filter", "pair", "train", "serve"])
def test_help_begins_with_what_most_people_need(seapo: Seapo, command: str) -> None:
    text = seapo.bare(command, "--help").stdout.decode()
    _, *groups = re.split(r"\n(?=[^\n ][^\n]*:\n  -)", text)
    assert len(groups[0].splitlines()) <= 50
    assert "--help" in groups[0]
    assert not re.search("vllm|ray-|--retries|--price-in", " ".join(FLAG.findall(groups[0])))
    if command == "inject":
        assert "vLLM" in groups[-2]
        assert "Ray" in groups[-1]
    if command == "pair":
        assert "--backend" not in groups[0]


@pytest.mark.parametrize("name", FOLDED)
def test_an_option_that_was_folded_is_told_with_what_says_the_same(seapo: Seapo, name: str) -> None:
    command = "filter" if "--check" in FOLDED[name] else "serve"
    result = seapo.bare(command, f"--{name}")
    assert result.code == 2
    assert result.stderr == f"seapo: --{name} is now {FOLDED[name]}\n"
    seapo.file("seapo.toml", f"[{command}]\n{name} = true".encode())
    result = seapo.bare(command)
    assert result.code == 2
    assert result.stderr == f"seapo: seapo.toml: [{command}] {name!r} is now {FOLDED[name]}\n"


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("pair --format trl-k", {"trl-kto", "trl-kto-chat"}),
        ("inject -t fac", {"factual"}),
        ("inject --error-type factual,lo", {"factual,logical"}),
        ("inject --mode r", {"rewrite"}),
        ("filter --check pla", {"plausibility"}),
        ("filter --no-check len", {"length"}),
        ("filter --preset s", {"strict"}),
        ("pair --strategy h", {"hardest"}),
        ("show --type st", {"style"}),
        ("train --loss ip", {"ipo"}),
        ("fil", {"filter"}),
    ],
)
def test_the_shell_completes_values(seapo: Seapo, typed: str, offered: set[str]) -> None:
    """By the protocol of the completion script that --install-completion writes."""
    seapo.environment |= {
        "_SEAPO_COMPLETE": "complete_bash",
        "COMP_WORDS": f"seapo {typed}",
        "COMP_CWORD": str(len(typed.split())),
    }
    result = seapo.bare()
    assert (result.code, result.stderr) == (0, "")
    assert set(result.stdout.decode().split()) == offered


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["inject", "-t", "factul"], "no error type 'factul': did you mean 'factual'?"),
        (["filter", "--check", "lenght"], "no check 'lenght': did you mean 'length'?"),
        (["filter", "--set", "length.max=much"], "--set length.max: Input should be a valid"),
        (["pair", "--format", "trl-chta"], "no format 'trl-chta': did you mean 'trl-chat'?"),
        (["pair", "--format", "zzz"], "no format 'zzz': take one of trl, trl-chat"),
    ],
)
def test_a_wrong_name_is_told_with_the_right_one(
    seapo: Seapo, arguments: list[str], told: str
) -> None:
    result = seapo.bare(*arguments, stdin=[{"prompt": "x", "response": "y", "negative": "z"}])
    assert (result.code, result.stdout) == (2, b"")
    assert told in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert "Value error" not in result.stderr


def test_windows_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(SystemExit, match="needs Linux or macOS; on Windows, run it in WSL"):
        main()


def test_an_unknown_command_or_option_is_a_usage_error(seapo: Seapo) -> None:
    for arguments, named in (
        (["nonsense"], "nonsense"),
        (["sample", "--nonsense"], "--nonsense"),
        (["sample", "-n", "many"], "-n"),
    ):
        result = seapo.bare(*arguments)
        assert (result.code, result.stdout) == (2, b"")
        assert named in result.stderr


@pytest.mark.parametrize("command", [["inject", "--mode", "edit"], ["pair", "--strategy", "best"]])
def test_a_value_that_is_not_offered_is_told_plainly(seapo: Seapo, command: list[str]) -> None:
    result = seapo.bare(*command)
    assert result.code == 2
    assert f"'{command[-1]}' is not one of '" in result.stderr
    assert "Value error" not in result.stderr


def test_values_out_of_range_are_usage_errors(seapo: Seapo) -> None:
    for options, named in ((["--top-p", "3"], "--top-p"), (["-n", "0"], "--n")):
        result = seapo.bare("sample", *options, stdin=[{"prompt": "x"}])
        assert (result.code, result.stdout) == (2, b"")
        assert named in result.stderr
