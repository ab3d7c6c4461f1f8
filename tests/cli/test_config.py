"""Settings come from: built-in < file < environment < flag; unknown keys are refused."""

from __future__ import annotations

import pytest

from running import Seapo


def sampled(seapo: Seapo, *options: str) -> dict[str, object]:
    result = seapo.bare(*options, "sample", "--no-store", stdin=[{"prompt": "x"}])
    assert result.code == 0, result.stderr
    info: dict[str, object] = result.rows[0]["sample"]
    return info


def test_the_order(seapo: Seapo) -> None:
    assert sampled(seapo)["model"] == "mock"
    seapo.file("seapo.toml", b'model = "from-file"\n[sample]\nmax-tokens = 77\n')
    found = sampled(seapo)
    assert (found["model"], found["parameters"]) == ("from-file", {"max_tokens": 77, "seed": 0})
    seapo.environment["SEAPO_MODEL"] = "from-environment"
    assert sampled(seapo)["model"] == "from-environment"
    result = seapo.bare("sample", "-m", "from-flag", "--no-store", stdin=[{"prompt": "x"}])
    assert result.rows[0]["sample"]["model"] == "from-flag"


def test_another_file_can_be_named(seapo: Seapo) -> None:
    other = seapo.file("other.toml", b'[sample]\nmodel = "other"\n')
    assert sampled(seapo, "--config", other)["model"] == "other"
    seapo.environment["SEAPO_CONFIG"] = other
    assert sampled(seapo)["model"] == "other"


def test_lists_and_unused_keys(seapo: Seapo) -> None:
    text = b'max-tokens = 50\nstop = ["END"]\n[inject]\nerror-type = ["style"]\n'
    seapo.file("seapo.toml", text)
    assert sampled(seapo)["parameters"] == {"max_tokens": 50, "seed": 0, "stop": ["END"]}
    assert seapo.bare("types").code == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"modle = 'x'", "'modle'"),
        (b"[sample]\nerror-type = ['style']", "[sample] 'error-type'"),
        (b"[nonsense]\nmodel = 'x'", "[nonsense]"),
        (b"model = ", "not valid TOML"),
        (b"\xff", "not valid TOML"),
        (b"[sample]\nn = 'many'", "'--n'"),
    ],
)
def test_mistakes_are_usage_errors(seapo: Seapo, text: bytes, told: str) -> None:
    seapo.file("seapo.toml", text)
    result = seapo.bare("sample", stdin=[{"prompt": "x"}])
    assert (result.code, result.stdout) == (2, b"")
    assert told in result.stderr


def test_a_missing_file(seapo: Seapo) -> None:
    result = seapo.bare("--config", "nowhere.toml", "sample", stdin=[{"prompt": "x"}])
    assert result.code == 2
    assert "nowhere.toml" in result.stderr
