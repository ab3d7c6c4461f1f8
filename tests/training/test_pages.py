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

BLOCKS = [block for block in pages.typed_blocks() if set(block.needs) == {"torch"}]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.place)
def test_the_commands_work(block: pages.Block, tmp_path: Path, server: Server) -> None:
    model = tiny_model.save_tiny(tmp_path / "tiny")
    Reader(tmp_path, server, model).type(block)
