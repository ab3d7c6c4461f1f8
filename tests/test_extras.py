"""How to install what is optional."""

from __future__ import annotations

from importlib import metadata

import pytest

from seapo_cli import extras

REQUIREMENTS = ["orjson>=3", "torch>=2.6; extra == 'train'", 'ray[data]>=2.40; extra == "ray"']


def test_the_packages_themselves_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """`pip install 'seapo-cli[train]'` works only where an index has seapo."""
    monkeypatch.setattr(metadata, "requires", lambda _: REQUIREMENTS)
    assert extras.install("train") == "pip install 'torch>=2.6'"
    assert extras.install("ray") == "pip install 'ray[data]>=2.40'"


def test_a_checkout_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> list[str]:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", missing)
    assert "pip install --editable '.[train]'" in extras.install("train")
