"""The report as one HTML file.

The page runs its own script and style only, known by their hashes, and loads nothing. All texts of
rows reach it as JSON, and the document as text nodes alone: the policy forbids to parse them.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from importlib.resources import files

from seapo_cli import __version__
from seapo_cli.report.plots import svg
from seapo_cli.report.sections import Section, section_html, text

_ROWS = """<section id="rows" class="page" aria-labelledby="rows-title">
<h2 id="rows-title">Rows</h2>
<noscript><p class="lead">Rows are shown by the page's script, which is off.</p></noscript>
</section>
"""


def page(title: str, sections: Sequence[Section], rows: bytes | None) -> Iterator[bytes]:
    """The file, in parts; `rows` is what `listing` gives, None where there are none."""
    folder = files(__package__)
    style, script = (folder.joinpath(name).read_bytes() for name in ("page.css", "page.js"))
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {_source(script)}",
            f"style-src {_source(style)}",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )
    names = [(section.id, section.title) for section in sections]
    names += [] if rows is None else [("rows", "Rows")]
    links = "".join(f'<a href="#{name}">{text(told)}</a>' for name, told in names)
    yield (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f'<meta name="generator" content="seapo {text(__version__)}">\n'
        f"<title>{text(title)}</title>\n<style>"
    ).encode()
    yield style
    yield (
        f'</style>\n</head>\n<body>\n<header><h1>{text(title)}</h1><nav aria-label="Sections">'
        f"{links}</nav></header>\n<main>\n"
    ).encode()
    for section in sections:
        drawn = {figure.name: svg(figure) for figure in section.figures}
        yield section_html(section, drawn).encode()
    if rows is not None:
        yield _ROWS.encode()
        yield b'</main>\n<script type="application/json" id="data">'
        yield rows
        yield b"</script>\n<script>"
    else:
        yield b"</main>\n<script>"
    yield script
    yield b"</script>\n</body>\n</html>\n"


def _source(content: bytes) -> str:
    """How a policy names an element with just this content."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}'"
