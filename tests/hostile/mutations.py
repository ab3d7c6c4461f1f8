"""Lines of JSON with something wrong in them: other values at known keys, and other bytes."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

from hostile.bench import line
from hostile.stages import Stage

_TEXTS = (
    "",
    " ",
    "\0",
    "\n\r\u2028\u2029\x85",
    "\x1b[2J\x1b]0;x\x07",
    "\u202e\u2066\u200f",
    "\ufeff",
    "e\u0301" * 50,
    "👩‍👩‍👧‍👦" * 20,
    "中文字" * 100,
    "a" * 50_000,
    "a b " * 10_000,
    "```python\n" * 50,
    "$$\\frac{" * 50,
    "<think>",
    "{" * 3000,
    "[" * 3000,
    "((((((((((" * 500 + "a+" * 50,
    "#### " + "9" * 5000,
    "1" + "0" * 400 + ".5e99999",
    "\\boxed{" * 500,
    "-- " * 3000,
    "0x" + "f" * 500,
    "\\u0000\\ud800",
    "| a | b |\n" * 500,
    "1,2" * 2000,
    "ß" * 300 + "İı" * 300,
    "\U0010ffff\uffff\ufffe",
)
_VALUES = (
    *(None, True, False, 0, -1, 1.5, 2**63, 2**64, -(2**63) - 1, 10**400, 1e308, -0.0, 5e-324),
    *([], {}, [[]], [None], [1, "a"], {"": ""}, {"role": "user"}, {"a": {"b": {"c": []}}}),
    [{"role": "user", "content": None}],
    [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}],
    [{"role": 5, "content": "x"}, {"role": "assistant"}],
    [{"role": "tool", "content": "x", "tool_calls": [{}]}] * 3,
    [{"from": "human", "value": "x"}, {"from": [], "value": {}}],
    [{"role": "assistant", "content": "a"}, {"role": "assistant", "content": "b"}],
    [{"start": -5, "end": 2**62, "original": 5, "replacement": None}],
    [{"start": 3, "end": 1, "original": "x", "replacement": "y"}] * 50,
    {"type": ["factual"], "edits": 5, "mode": {}},
    {"type": {}, "edits": [{"start": "a"}]},
    {"passed": "maybe", "verdict": []},
    {"length": {"decision": [], "value": {}}, "x": 5},
)
_KEYS = (
    *("id", "prompt", "response", "negative", "error", "sample", "checks", "messages", "system"),
    *("instruction", "input", "output", "question", "answer", "completion", "chosen", "rejected"),
    *("conversations", "history", "label", "weight", "margin", "score", "test", "entry_point"),
    *("test_list", "test_setup_code", "edits", "error_type", "tools", "images", "", "\ud800"),
)
_INNER = ("type", "edits", "mode", "index", "logprob", "start", "usage", "judge", "plausibility")
_ENCODINGS = ("utf-16", "utf-32", "utf-8-sig", "latin-1", "utf-7", "shift-jis", "cp037")


def _value(rng: random.Random) -> Any:
    kind = rng.random()
    if kind < 0.5:
        return rng.choice(_VALUES)
    if kind < 0.95:
        return rng.choice(_TEXTS)
    return {rng.choice(_INNER): _value(rng)}


def _other_value(row: dict[str, Any], rng: random.Random) -> bytes:
    for _ in range(rng.choice((1, 1, 2, 4))):
        row[rng.choice(_KEYS)] = _value(rng)
    return _encoded(row)


def _inner_value(row: dict[str, Any], rng: random.Random) -> bytes:
    key = rng.choice(("error", "sample", "checks"))
    row[key] = {rng.choice(_INNER): _value(rng) for _ in range(3)}
    return _encoded(row)


def _missing(row: dict[str, Any], rng: random.Random) -> bytes:
    for key in rng.sample(sorted(row), k=rng.randint(1, len(row))):
        del row[key]
    return _encoded(row)


def _longer_text(row: dict[str, Any], rng: random.Random) -> bytes:
    """One of the answers with odd text inside: both sides still belong together."""
    odd = rng.choice(_TEXTS)
    for key in rng.choice((("response", "negative"), ("response",), ("negative",), ("prompt",))):
        place = rng.randrange(len(row[key]) + 1)
        row[key] = row[key][:place] + odd + row[key][place:]
    return _encoded(row)


def _deep(row: dict[str, Any], rng: random.Random) -> bytes:
    depth = rng.choice((100, 253, 254, 255, 300, 1000, 1023, 1024, 1025, 5000, 100_000))
    start, end = rng.choice((("[", "]"), ('{"a":', "}")))
    inner = start * depth + "1" + end * depth
    key = rng.choice(_KEYS[:-1])
    return _encoded(row)[:-2] + f", {json.dumps(key)}: {inner}}}\n".encode()


def _number(row: dict[str, Any], rng: random.Random) -> bytes:
    number = rng.choice(("NaN", "-Infinity", "1e999", "-", "0123", "1.", "9" * 4301, "1e-9999"))
    key = rng.choice(_KEYS[:-1])
    return _encoded(row)[:-2] + f", {json.dumps(key)}: {number}}}\n".encode()


def _surrogate(row: dict[str, Any], rng: random.Random) -> bytes:
    text = _encoded(row).decode()
    place = rng.choice([n for n, one in enumerate(text) if one == " "])
    odd = rng.choice(("\\ud800", "\\udfff\\ud800", "\\u0000", "\\x", "\\uZZZZ", "\\"))
    return (text[:place] + odd + text[place:]).encode()


def _changed_bytes(row: dict[str, Any], rng: random.Random) -> bytes:
    data = bytearray(_encoded(row)[:-1])
    for _ in range(rng.choice((1, 2, 10))):
        place = rng.randrange(len(data))
        action = rng.random()
        if action < 0.5:
            data[place] = rng.randrange(256)
        elif action < 0.8:
            del data[place : place + rng.randint(1, 20)]
        else:
            data[place:place] = rng.randbytes(rng.randint(1, 8))
        if not data:
            break
    return bytes(data).replace(b"\n", b" ") + b"\n"


def _cut(row: dict[str, Any], rng: random.Random) -> bytes:
    data = _encoded(row)[:-1]
    return data[: rng.randrange(len(data))] + b"\n"


def _twice(row: dict[str, Any], rng: random.Random) -> bytes:
    data = _encoded(row)[:-1]
    return data + rng.choice((b"", b",", b" ", b"\r", b"\0")) + data + b"\n"


def _encoding(row: dict[str, Any], rng: random.Random) -> bytes:
    text = json.dumps(row | {"prompt": "Zürich?"}, ensure_ascii=False)
    data = text.encode(rng.choice(_ENCODINGS), "replace")
    return data.replace(b"\n", b" ") + b"\n"


def _no_object(row: dict[str, Any], rng: random.Random) -> bytes:
    return line(rng.choice((*_VALUES[:14], [row], "text", row["prompt"])))


def _duplicate_keys(row: dict[str, Any], rng: random.Random) -> bytes:
    key = rng.choice(sorted(row))
    return _encoded(row)[:-2] + f", {json.dumps(key)}: {json.dumps(_value(rng))}}}\n".encode()


def _encoded(row: dict[str, Any]) -> bytes:
    try:
        return json.dumps(row, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:
        return line(row)


MUTATIONS: tuple[Callable[[dict[str, Any], random.Random], bytes], ...] = (
    *(_other_value, _other_value, _inner_value, _longer_text, _longer_text, _missing, _deep),
    *(_number, _surrogate, _changed_bytes, _cut, _twice, _encoding, _no_object, _duplicate_keys),
)
GOOD_EVERY = 20


def lines(stage: Stage, count: int, seed: int) -> Iterator[bytes]:
    """So many lines; each twentieth is a good row, with an id that begins with `good-`."""
    rng = random.Random(f"{stage.name} {seed}")
    for number in range(count):
        row = stage.rows(1, start=seed * count + number)[0]
        if number % GOOD_EVERY == 0:
            yield line(row | {"id": f"good-{number}"})
        else:
            yield rng.choice(MUTATIONS)(row | {"id": f"odd-{number}"}, rng)
