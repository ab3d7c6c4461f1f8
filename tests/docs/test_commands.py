"""What the pages tell a reader to type: all of it parses, most of it is run.

`make docs-commands` lists the blocks. One that is not run says what it needs in a comment before
it: see `pages`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

import pages
from pages import NEEDS, Block, Page
from reader import Reader
from seapo_cli.cli import app
from servers import Server

TYPED = pages.typed_blocks()
SHOWN = [block for page in pages.pages() for block in page.blocks if block.commands]
RUN = sorted({block.page for block in TYPED if not block.needs})
OF_TODAY = [page for page in pages.pages() if page.name != "CHANGELOG.md"]
OTHERS = set(  # options of pip, git, make study, bubblewrap, vLLM and LLaMA-Factory
    "--editable --stat --tier --dev --enable-auto-tool-choice --template".split()
)


@pytest.fixture(scope="module")
def commands() -> Any:
    """`seapo` with all its commands, none of which does anything."""
    root: Any = get_command(app)
    for command in (root, *_all_commands(root).values()):
        command.callback = lambda **_: None
    return root


@pytest.mark.parametrize("block", SHOWN, ids=lambda block: block.place)
def test_every_command_parses(commands: Any, block: Block) -> None:
    for arguments in block.commands:
        commands(arguments, standalone_mode=False)


@pytest.mark.parametrize("page", OF_TODAY, ids=lambda page: page.name)
def test_commands_and_options_in_the_text_exist(commands: Any, page: Page) -> None:
    options = {name: _options(one) for name, one in _all_commands(commands).items()}
    everywhere = set().union(OTHERS, _options(commands), *options.values())
    for code in page.inline:
        command, *rest = code.removeprefix("seapo ").split()
        command = found if (found := " ".join([command, *rest[:1]])) in options else command
        assert command in options or command[0] in "-…" or not code.startswith("seapo "), code
        for option in re.findall(r"(?<![\w-])--[a-z][\w-]*", code):
            assert option in options.get(command, everywhere), code


def _all_commands(group: Any) -> dict[str, Any]:
    """Those that have commands of their own, and these, by both words."""
    found: dict[str, Any] = {}
    for name, command in group.commands.items():
        inner = _all_commands(command) if hasattr(command, "commands") else {}
        found |= {name: command, **{f"{name} {one}": value for one, value in inner.items()}}
    return found


def _options(command: Any) -> set[str]:
    named = (name for place in command.params for name in (*place.opts, *place.secondary_opts))
    return {"--help", *named}


def test_what_is_installed_and_made_exists() -> None:
    pinned = (pages.ROOT / "Makefile").read_text()
    for page in OF_TODAY:
        for extra in re.findall(r"'\.\[([\w,]+)\]'", page.text):
            assert set(extra.split(",")) <= pages.extras(), (page.name, extra)
        for requirement in re.findall(r"pip install [^\n]*?([\w-]+==[\w.]+)", page.text):
            assert requirement in pinned, (page.name, requirement)
        typed = [block.text for block in page.blocks if block.needs == ("ci",)]
        for code in (*page.inline, *"".join(typed).splitlines()):
            if code.startswith("make ") and " -" not in code:
                assert code.split()[1] in pages.make_targets(), (page.name, code)


def test_commands_stand_in_fences_and_marks_are_known() -> None:
    for page in pages.pages():
        assert not re.search(rf"^ {{4}}({'|'.join(pages.PROGRAMS)}) ", page.prose, re.M), page.name
    for block in TYPED:
        assert set(block.needs) <= set(NEEDS), block.place


@pytest.mark.parametrize("page", RUN)
def test_commands_of_a_page_work(page: str, tmp_path: Path, server: Server) -> None:
    reader = Reader(tmp_path, server)
    for block in TYPED:
        if block.page == page and not block.needs:
            reader.type(block)


@pytest.mark.parametrize("need", sorted({need for block in TYPED for need in block.needs}))
def test_what_is_not_run_here_is_listed(need: str) -> None:
    places = [block.place for block in TYPED if need in block.needs]
    pytest.skip(f"parsed, not run; needs {NEEDS[need]}: {', '.join(places)}")
