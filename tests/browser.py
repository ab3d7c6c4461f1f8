"""A headless Chromium for pages that seapo writes, where Playwright and a browser are installed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_NAMES = ("chromium", "chromium-browser", "google-chrome")


def missing() -> str | None:
    """Why no browser can be started; None where one can."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return "playwright is not installed: make test-browser"
    if _system():
        return None
    with sync_playwright() as playwright:
        if Path(playwright.chromium.executable_path).exists():
            return None
    return "no Chromium: apt-get install chromium, or playwright install chromium"


def _system() -> str | None:
    return next(filter(None, map(shutil.which, _NAMES)), None)


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser, to the end of the block."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Its sandbox needs rights that containers seldom have; only our own pages are opened.
        browser = playwright.chromium.launch(executable_path=_system(), args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()
