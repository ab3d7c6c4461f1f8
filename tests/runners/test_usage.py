"""What `--runner ray` cannot do is said in one line, before Ray is loaded."""

from __future__ import annotations

import pytest

from running import Seapo


@pytest.mark.parametrize(
    "options",
    [
        ["-", "-o", "out"],
        ["in.jsonl"],
        ["in.jsonl", "-o", "out", "--batch-out", "requests.jsonl"],
        ["in.jsonl", "-o", "out", "--ray-workers", "0"],
    ],
)
def test_one_clear_line(seapo: Seapo, options: list[str]) -> None:
    seapo.file("in.jsonl", [{"prompt": "What?"}])
    result = seapo.run("sample", "--runner", "ray", *options)
    assert (result.code, result.stdout) == (2, b"")
    assert len(result.stderr.splitlines()) == 1, result.stderr
    assert not (seapo.folder / "out").exists()


def test_without_ray_no_folder_is_made(seapo: Seapo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seapo_cli.extras.find_spec", lambda _: None)
    rows = seapo.file("in.jsonl", [{"prompt": "What?"}])
    result = seapo.run("sample", "--runner", "ray", rows, "-o", "out")
    assert (result.code, result.stdout) == (2, b"")
    assert "pip install" in result.stderr
    assert not (seapo.folder / "out").exists()
