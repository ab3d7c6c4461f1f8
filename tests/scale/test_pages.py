"""What the pages tell a reader to type where Ray is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("ray")

import pages
from reader import Reader
from servers import Server

BLOCKS = [block for block in pages.typed_blocks() if set(block.needs) == {"ray"}]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.place)
def test_the_command_works(block: pages.Block, tmp_path: Path, server: Server) -> None:
    Reader(tmp_path, server).type(block)
