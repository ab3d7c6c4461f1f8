"""Settings: errors name the option; which backend is meant."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from seapo_cli.exceptions import UsageError
from seapo_cli.options import (
    BackendSettings,
    EngineSettings,
    FilterSettings,
    InjectSettings,
    SampleSettings,
    TrainSettings,
    default_store_path,
)


@pytest.mark.parametrize(
    ("kind", "values", "told"),
    [
        (SampleSettings, {"top_p": 2}, "--top-p"),
        (SampleSettings, {"n": 0}, "--n"),
        (EngineSettings, {"concurrency": 0}, "--concurrency"),
        (InjectSettings, {}, "seapo types"),
        (InjectSettings, {"error_types": ["a"], "mix": {"b": 1}}, "mutually exclusive"),
        (InjectSettings, {"mix": {"a": -1}}, "numbers of at least 0"),
        (InjectSettings, {"mix": {"a": 0}}, "not all zero"),
        (InjectSettings, {"error_types": ["a"], "unknown": 1}, "--unknown"),
        (BackendSettings, {"timeout": float("inf")}, "--timeout"),
        (BackendSettings, {"timeout": float("nan")}, "--timeout"),
        (BackendSettings, {"timeout": 1e300}, "--timeout"),
        (BackendSettings, {"model": "\udcff"}, "--model: not valid UTF-8"),
        (EngineSettings, {"patience": float("inf")}, "--patience"),
        (SampleSettings, {"seed": 2**64}, "--seed"),
        (SampleSettings, {"max_tokens": 2**64}, "--max-tokens"),
        (SampleSettings, {"system": "\udcff"}, "--system: not valid UTF-8"),
        (SampleSettings, {"stop": ("ok", "\udcff")}, "--stop: not valid UTF-8"),
    ],
)
def test_errors_name_the_option(kind: type, values: dict[str, object], told: str) -> None:
    for make in (kind, kind.checked):  # type: ignore[attr-defined]
        with pytest.raises(UsageError) as caught:
            make(**values)
        assert told in str(caught.value)
        assert "\n" not in str(caught.value)
        assert "Value error" not in str(caught.value)


@pytest.mark.parametrize(
    ("values", "chosen"),
    [
        ({}, "embedded"),
        ({"base_url": "http://x"}, "openai"),
        ({"api_key": "k"}, "openai"),
        ({"api_key": "k", "model": "m.gguf"}, "embedded"),
        ({"base_url": "http://x", "backend": "embedded"}, "embedded"),
    ],
)
def test_an_endpoint_is_used_where_one_is_configured(
    values: dict[str, object], chosen: str
) -> None:
    assert BackendSettings.checked(**values).chosen() == chosen


def test_mix() -> None:
    found = InjectSettings.checked(mix="factual=2, logical=.5,style").mix
    assert found == {"factual": 2, "logical": 0.5, "style": 1}
    with pytest.raises(UsageError, match="--mix: 'factual=much' is not NAME=WEIGHT"):
        InjectSettings.checked(mix="factual=much")


def test_several_names_may_stand_with_commas(tmp_path: Path) -> None:
    odd = tmp_path / "my,type.md"
    odd.touch()
    given = ["factual,logical", " style", str(odd), ","]
    assert InjectSettings.checked(error_types=given).error_types == (
        *("factual", "logical", "style"),
        str(odd),
    )


def test_text_is_read_as_the_command_line_reads_it() -> None:
    backend = BackendSettings.checked(
        base_url="",
        extra_body=["top_k=20", "note=plain"],
        reasoning_effort="low",
        vllm_args=["--max-model-len=8192", "dtype=half"],
    )
    assert backend.base_url is None
    assert backend.extra_body == {"reasoning_effort": "low", "top_k": 20, "note": "plain"}
    assert backend.vllm_args == {"max_model_len": 8192, "dtype": "half"}
    assert replace(backend, model="m").extra_body == backend.extra_body
    assert FilterSettings.checked(options=["length.max=3"]).options == {"length": {"max": "3"}}
    with pytest.raises(UsageError, match="--vllm-arg: 'dtype' is not KEY=VALUE"):
        BackendSettings.checked(vllm_args=["dtype"])


def test_settings_are_values() -> None:
    settings = SampleSettings(n=2)
    assert settings == replace(SampleSettings(), n=2) != SampleSettings()
    assert pickle.loads(pickle.dumps(settings)) == settings
    with pytest.raises(AttributeError, match="cannot be changed"):
        settings.n = 3  # type: ignore[misc]
    with pytest.raises(UsageError, match="--top-p"):
        replace(settings, top_p=2)


def test_a_run_of_training_is_read_as_it_was_written() -> None:
    settings = TrainSettings.checked(output_dir="out", files=["a"], margin_window=(0.5, 2))
    assert TrainSettings.checked(**json.loads(json.dumps(settings.dump()))) == settings
    with pytest.raises(UsageError, match="--output-dir is missing"):
        TrainSettings.checked()


def test_the_store_is_in_the_users_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert default_store_path() == Path("/cache/seapo/store.sqlite")


def test_a_key_is_not_shown() -> None:
    settings = BackendSettings.checked(api_key="secret")
    assert "secret" not in repr(settings) + str(settings.dump())
