"""Links in the pages lead somewhere; of those to other sites only the form is looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from pages import ROOT, Page, pages

LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)|(?:href|src)=\"([^\"]+)\"")
HEADING = re.compile(r"^#{1,6} (.+?)\s*$", re.MULTILINE)


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_links_lead_somewhere(page: Page) -> None:
    for link in links(page):
        address = urlsplit(link)
        if address.scheme:
            assert address.scheme in ("https", "http", "mailto"), link
            assert address.scheme == "mailto" or "." in address.netloc, link
            continue
        target = (ROOT / page.name).parent / address.path if address.path else ROOT / page.name
        assert target.resolve().is_relative_to(ROOT), link
        assert target.exists(), link
        if address.fragment:
            assert address.fragment in anchors(target), link


def links(page: Page) -> Iterator[str]:
    """Where a page leads, but for code."""
    for first, second in LINK.findall(re.sub(r"`[^`\n]*`", "", page.prose)):
        yield first or second


def anchors(path: Path) -> set[str]:
    """Those that GitHub gives to headings, which mkdocs.yml asks for as well."""
    prose = Page(str(path.resolve().relative_to(ROOT))).prose
    texts = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text) for text in HEADING.findall(prose))
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in texts}
