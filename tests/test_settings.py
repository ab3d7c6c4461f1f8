"""Settings: errors name the option; which backend is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from seapo_cli.exceptions import UsageError
from seapo_cli.options import (
    BackendSettings,
    EngineSettings,
    InjectSettings,
    SampleSettings,
    default_store_path,
    parse_mix,
)


@pytest.mark.parametrize(
    ("kind", "values", "told"),
    [
        (SampleSettings, {"top_p": 2}, "--top-p"),
        (SampleSettings, {"n": 0}, "--n"),
        (EngineSettings, {"concurrency": 0}, "--concurrency"),
        (InjectSettings, {}, "seapo types"),
        (InjectSettings, {"error_types": ["a"], "mix": {"b": 1}}, "exclude each other"),
        (InjectSettings, {"mix": {"a": -1}}, "numbers from 0 on"),
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
    assert parse_mix("factual=2, logical=.5,style") == {"factual": 2, "logical": 0.5, "style": 1}
    with pytest.raises(UsageError, match="NAME=WEIGHT"):
        parse_mix("factual=much")


def test_the_store_is_in_the_users_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert default_store_path() == Path("/cache/seapo/store.sqlite")


def test_a_key_is_not_shown() -> None:
    assert "secret" not in repr(BackendSettings.checked(api_key="secret"))
