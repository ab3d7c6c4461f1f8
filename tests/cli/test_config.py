"""Settings come from: built-in < file < environment < flag; unknown keys are refused."""

from __future__ import annotations

from pathlib import Path

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
        (b"seed = " + b"9" * 5000, "not valid TOML"),
        (b"seed = " + b"9" * 50, "--seed"),
        (b"stop = " + b"[" * 5000, "nested too deeply"),
        (b"model = 2020-13-45", "not valid TOML"),
        (b"timeout = inf", "--timeout"),
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


@pytest.mark.parametrize(
    "line",
    [
        "base-url = 'http://127.0.0.1:9/v1'",
        "output = 'taken'",
        "errors = 'taken'",
        "summary = 'taken'",
        "store = 'taken'",
        "batch-out = 'taken'",
        "batch-in = ['taken']",
        "vllm-arg = ['load_format=pt']",
        "ray-address = 'ray://stranger:10001'",
        "model = 'stranger/model'",
        "model = 'model.gguf'",
        "model = 'taken'",
        "[filter]\ncheck = ['tests']",
        "[filter]\ncheck = 'changed,tests'",
        "[filter]\nrejected = 'taken'",
        "[filter]\nset = ['plausibility.scorer=stranger/model']",
        "[filter]\nset = ['length.max=2', 'plausibility.scorer=gpt2']",
        "[filter]\nset = ['own.rules=/etc/passwd']",
        "[filter]\nset = ['tests.unsafe=true']",
        "[pair]\neval-output = 'taken'",
        "[pair]\ndataset-info = 'taken'",
        "[train]\noutput-dir = 'taken'",
        "[train]\nreport-to = ['wandb']",
    ],
)
def test_a_file_that_was_found_cannot_send_run_or_write(seapo: Seapo, line: str) -> None:
    """Whoever can put a file into a folder must not get the key, run code or overwrite files."""
    taken = seapo.file("taken", b"mine")
    seapo.file("seapo.toml", line.encode())
    name = line.splitlines()[-1].partition(" ")[0]
    result = seapo.bare("sample", "--no-store", stdin=[{"prompt": "x"}])
    assert (result.code, result.stdout) == (2, b"")
    assert len(result.stderr.splitlines()) == 1
    assert f"may not set {name}" in result.stderr
    assert "--config seapo.toml" in result.stderr
    assert Path(taken).read_bytes() == b"mine"
    assert not seapo.server.log().attempts()


def test_a_file_that_was_named_can(seapo: Seapo) -> None:
    seapo.file("seapo.toml", b"output = 'rows.jsonl'\n")
    result = seapo.bare("--config", "seapo.toml", "sample", "--no-store", stdin=[{"prompt": "x"}])
    assert (result.code, result.stdout) == (0, b"")
    assert (seapo.folder / "rows.jsonl").read_bytes().count(b"\n") == 1


def test_the_file_in_force_is_told(seapo: Seapo) -> None:
    seapo.file("seapo.toml", b"seed = 3\n")
    result = seapo.bare("sample", "--no-store", stdin=[{"prompt": "x"}])
    assert "seapo: settings from seapo.toml\n" in result.stderr
