"""Training on full disks, and twice at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hostile.bench import Bench, Zygote, fill
from hostile.trainings import prepare_training, start_training, trained

pytest.importorskip("torch")


def test_two_trainings_with_one_output_folder(
    tmp_path: Path,
    training_zygote: Zygote,
    tiny: Path,
    record_property: Callable[[str, object], None],
) -> None:
    """One of them, or both one after the other: never a mixture."""
    record_property("two runs at once", 1)
    alone, both = (Bench(tmp_path / name, training_zygote) for name in ("alone", "both"))
    for bench in (alone, both):
        prepare_training(bench, tiny)
    assert not alone.broken(start_training(alone).ended(), {0})
    ended = [one.ended() for one in [start_training(both) for _ in range(2)]]
    found = [f for one in ended for f in both.broken(one, {0, 1, 2})]
    assert not found, "\n".join(found)
    assert 0 in {one.code for one in ended}
    assert trained(both) == trained(alone)


@pytest.mark.parametrize("leave", [0, 1 << 14, 1 << 17, 1 << 19])
def test_training_on_a_full_disk(
    leave: int, small: Path, tmp_path: Path, training_zygote: Zygote, tiny: Path
) -> None:
    bench, output = Bench(tmp_path / "work", training_zygote), small / "out"
    prepare_training(bench, tiny, output)
    filler = fill(small, leave)
    ended = start_training(bench).ended()
    assert not bench.broken(ended, {0, 1})
    assert ended.code == 1 or leave > 0
    assert ended.code == 0 or not (output / "model.safetensors").exists()
    filler.unlink()
    assert not bench.broken(start_training(bench).ended(), {0})
    assert (output / "model.safetensors").read_bytes()
