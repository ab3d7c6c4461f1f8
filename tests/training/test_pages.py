"""What the pages tell a reader to type where PyTorch is installed, on the tiny model."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import pages
import tiny_model
from reader import Reader
from servers import Server

TYPED = pages.typed_blocks()
HERE = {"torch"}


@pytest.mark.parametrize("page", sorted({b.page for b in TYPED if set(b.needs) == HERE}))
def test_commands_of_a_page_work(page: str, tmp_path: Path, server: Server) -> None:
    model = tiny_model.save_tiny(tmp_path / "tiny")
    reader = Reader(tmp_path, server, model)
    for block in TYPED:
        if block.page == page and set(block.needs) <= HERE:
            reader.type(block)
