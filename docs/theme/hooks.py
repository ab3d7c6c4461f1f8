"""What the site has beyond the pages in docs/: a page for each command, and what pages link to.

mkdocs calls the functions `on_…`. On GitHub, commands.md is one page, and links leave docs/ for
other files of the repository; on the site these lie under `repository/`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from posixpath import dirname, join, normpath, relpath
from typing import Any

from mkdocs.structure.files import File, Files, InclusionLevel

ROOT = Path(__file__).resolve().parents[2]
OUTSIDE = "repository/"
LINK = re.compile(r"(?<=\]\()(?!\w+:|#)(?P<path>[^)\s#]+)(?P<anchor>#[^)\s]*)?(?=\))")
ENTRY = re.compile(r"  (?P<name>\S.*?)(?:  +(?P<about>\S.*))?")
"""An option or argument in a help text; further lines of its meaning are indented more."""


def on_config(config: Any) -> None:
    """Put the pages of the commands below the one that lists them."""
    names = [name for name, _ in _commands()][1:]
    pages = [{f"seapo {name}": _page(name)} for name in names]
    for entry in config.nav:
        if entry.get("Commands") == "commands.md":
            entry["Commands"] = ["commands.md", *pages]


def on_files(files: Files, config: Any) -> None:
    """Add the commands' pages, and all that pages link to outside docs/."""
    for name, text in _commands():
        if name:
            files.append(File.generated(config, _page(name), content=_command_page(name, text)))
    waiting = [file.src_uri for file in files.documentation_pages()]
    waiting += [uri for uri in _in_nav(config.nav) if uri.startswith(OUTSIDE)]
    while waiting:
        uri = waiting.pop()
        if files.get_file_from_path(uri) is None:
            files.append(_outside(uri, config))
        text = files.get_file_from_path(uri).content_string if uri.endswith(".md") else ""
        found = (_target(uri, link["path"]) for link in LINK.finditer(text))
        waiting += [uri for uri in found if uri and files.get_file_from_path(uri) is None]


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Let links lead to where their targets are on the site."""
    here = page.file.src_uri
    if here == "commands.md":
        markdown = _overview()

    def moved(link: re.Match[str]) -> str:
        path, anchor = link["path"], link["anchor"] or ""
        uri = _target(here, path) or normpath(join(dirname(here), path))
        if uri == "commands.md" and anchor.startswith("#seapo-"):
            uri, anchor = f"commands/{anchor.removeprefix('#seapo-')}.md", ""
        return relpath(uri, dirname(here) or ".") + anchor

    return LINK.sub(moved, markdown)


def _target(page: str, link: str) -> str | None:
    """Where the site has what a page links to outside docs/, if that is in the repository."""
    if page.startswith(OUTSIDE):
        path = normpath(join(dirname(page.removeprefix(OUTSIDE)), link))
    else:
        path = normpath(join("docs", dirname(page), link))
    if path.startswith("docs/"):
        return path.removeprefix("docs/") if page.startswith(OUTSIDE) else None
    if path.startswith("..") or not (ROOT / path).exists():
        return None  # mkdocs tells that it leads nowhere
    return OUTSIDE + (f"{path}/index.md" if (ROOT / path).is_dir() else path)


def _outside(uri: str, config: Any) -> File:
    """A file of the repository; of a folder, a page that lists its files."""
    path = ROOT / uri.removeprefix(OUTSIDE)
    kept = {"inclusion": InclusionLevel.NOT_IN_NAV}
    if path.name != "index.md" or path.exists():
        return File.generated(config, uri, abs_src_path=str(path), **kept)
    names = sorted(file.name for file in path.parent.iterdir() if file.is_file())
    listed = "".join(f"- [{name}]({name})\n" for name in names if not name.startswith("."))
    return File.generated(config, uri, content=f"# {path.parent.name}/\n\n{listed}", **kept)


def _in_nav(entry: Any) -> Iterator[str]:
    """The pages that a nav names."""
    if isinstance(entry, str):
        yield entry
    else:
        for part in entry.values() if isinstance(entry, dict) else entry:
            yield from _in_nav(part)


def _commands() -> list[tuple[str, str]]:
    """Names without `seapo`, and help texts; the first is that of `seapo` itself."""
    document = (ROOT / "docs" / "commands.md").read_text()
    return re.findall(r"^## seapo ?([^\n]*)\n\n```\n(.*?)\n```$", document, re.M | re.S)


def _page(name: str) -> str:
    return f"commands/{name.replace(' ', '-')}.md"


def _overview() -> str:
    """The list of commands, with links, and the options of `seapo` itself."""
    own, _, listed = dict(_commands())[""].partition("\n\nCommands:\n")
    rows = "".join(
        f"| [`seapo {name}`]({_page(name)}) | {about} |\n" for name, about in _entries(listed)
    )
    table = f"| command | what it does |\n|---|---|\n{rows}"
    return f"# Commands\n\n{table}\n{_body(own)}"


def _command_page(name: str, text: str) -> str:
    return f"# seapo {name}\n\n{_body(text)}"


def _body(text: str) -> str:
    """A help text in Markdown: usage, what it is about, and a table for each group of options."""
    head, *groups = re.split(r"\n\n(?=\S)", text)
    usage, *about = head.split("\n\n")
    parts = [f"```\n{usage.removeprefix('Usage: ')}\n```", *map(_paragraph, about)]
    for group in groups:
        title, _, listed = group.partition(":\n")
        rows = "".join(f"| {_code(n)} | {_text(m)} |\n" for n, m in _entries(listed))
        table = f"| | |\n|---|---|\n{rows}"
        parts.append(f"## {title}\n\n<div class='options' markdown>\n\n{table}\n</div>")
    return "\n\n".join(parts) + "\n"


def _paragraph(text: str) -> str:
    lines = [line.strip() for line in text.splitlines()]
    if lines[0].startswith("seapo "):
        return "```sh\n" + "\n".join(lines) + "\n```"
    return _text(" ".join(lines))


def _entries(listed: str) -> Iterator[tuple[str, str]]:
    """Name and meaning of each line, with the lines that belong to it."""
    entries: list[list[str]] = []
    for line in listed.splitlines():
        if found := ENTRY.fullmatch(line):
            entries.append([found["name"], found["about"] or ""])
        else:
            entries[-1].append(line.strip())
    for name, *about in entries:
        yield name, " ".join(filter(None, about))


def _code(name: str) -> str:
    return f"<code>{escape(name).replace('|', '&#124;')}</code>"


def _text(plain: str) -> str:
    """Words of a help text, with nothing in them taken for Markdown but code."""
    parts = re.split(r"(`[^`]*`)", plain)
    parts[::2] = [re.sub(r"([*_<>\[\]|])", r"\\\1", part) for part in parts[::2]]
    return "".join(parts)
