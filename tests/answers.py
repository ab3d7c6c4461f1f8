"""What the mock server answers: text and JSON that are a pure function of the request."""

from __future__ import annotations

import hashlib
import json
import random
import re
import sys
from collections.abc import Mapping
from typing import Any

import rstr
import rstr.xeger

sys.modules["rstr.xeger"].STAR_PLUS_LIMIT = 12  # type: ignore[attr-defined]
"""Most repetitions where a pattern sets no limit: words of words' length."""
_WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "inlet")


def key_of(body: Mapping[str, Any]) -> str:
    """Names a request: equal bodies have equal keys, whatever the order of their keys."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:24]


def answer_to(body: Mapping[str, Any], echo: str) -> str:
    """The answer to a chat request.

    With a JSON schema, JSON that satisfies it; else, where `echo` (a regular expression)
    matches the last message, the last match with its first number raised by one; else words.
    """
    rng = random.Random(key_of(body))
    wanted = body.get("response_format") or {}
    if wanted.get("type") == "json_schema":
        schema = wanted["json_schema"]["schema"]
        if "edits" in schema.get("properties", {}):
            return _proposal(body["messages"][0]["content"], rng)
        return json.dumps(_fill(schema, rng))
    heard = re.findall(echo, body["messages"][-1]["content"]) if echo else []
    if heard:
        return re.sub(r"\d+", lambda number: str(int(number[0]) + 1), str(heard[-1]), count=1)
    return f"{key_of(body)[:8]} {' '.join(rng.choices(_WORDS, k=11))}."


def reward_of(text: str) -> float:
    """The number after "worth" in a text, else one that depends on it."""
    if found := re.search(r"worth (-?\d+(?:\.\d+)?)", text):
        return float(found[1])
    return random.Random(text).uniform(-4, 4)


def call_to(body: Mapping[str, Any]) -> dict[str, Any]:
    """A call of the first tool on offer, with arguments that its schema takes."""
    function = body["tools"][0]["function"]
    arguments = json.dumps(_fill(function["parameters"], random.Random(key_of(body))))
    return {
        "id": f"call_{key_of(body)[:8]}",
        "type": "function",
        "function": {"name": function["name"], "arguments": arguments},
    }


def _proposal(prompt: str, rng: random.Random) -> str:
    """A mistake in propose mode: a word of the answer that stands there once becomes another.

    In a worked answer the final number changes, and the step that leads to it.
    """
    answer = prompt.split("[answer]\n")[1].split("\n[end of answer]")[0]
    edits = []
    if final := re.search(r"=(\d+)>>\1\D*#### \1\Z", answer):
        wrong = str(int(final[1]) + 1)
        edits = [
            (f"={final[1]}>>{final[1]}", f"={wrong}>>{wrong}"),
            (f"#### {final[1]}", f"#### {wrong}"),
        ]
    else:
        # Not in comments or strings of code, where a mistake would be none.
        live = re.sub(r'""".*?"""|#.*', "", answer, flags=re.DOTALL if "def " not in answer else 0)
        words = [w for w in re.findall(r"[^\W\d_]{4,}", live) if answer.count(w) == 1]
        count = re.search(r"How much: (\d+) mistakes", prompt)
        quotes = rng.sample(words, int(count[1]) if count else 1) if words else [answer]
        edits = [(q, q[::-1].capitalize() if q[0].isupper() else q[::-1].lower()) for q in quotes]
    found = [{"quote": old, "replacement": new} for old, new in edits]
    return json.dumps({"decline": "", "mistake": "another word", "edits": found})


def _fill(schema: Mapping[str, Any], rng: random.Random) -> Any:
    """A value that satisfies a schema: const, enum, anyOf, objects, arrays, scalars, patterns."""
    if "const" in schema:
        return schema["const"]
    if "anyOf" in schema:
        return _fill(rng.choice(schema["anyOf"]), rng)
    if "enum" in schema:
        return rng.choice(schema["enum"])
    match schema["type"]:
        case "object":
            return {name: _fill(part, rng) for name, part in schema["properties"].items()}
        case "array":
            return [_fill(schema["items"], rng) for _ in range(schema.get("minItems", 1))]
        case "string":
            return _string(schema, rng)
        case "integer" | "number":
            return rng.randint(schema.get("minimum", 0), schema.get("maximum", 999))
        case "boolean":
            return rng.random() < 0.5
    raise ValueError(f"the mock server cannot satisfy {schema}")


def _string(schema: Mapping[str, Any], rng: random.Random) -> str:
    """Words; or the first of a few random texts of the pattern that keeps to the lengths."""
    if "pattern" not in schema:
        return " ".join(rng.choices(_WORDS, k=2))[: schema.get("maxLength")]
    least, most = schema.get("minLength", 0), schema.get("maxLength", 10_000)
    for _ in range(100):
        text: str = rstr.Rstr(rng).xeger(schema["pattern"])
        if least <= len(text) <= most:
            return text
    raise ValueError(f"the mock server cannot satisfy {schema}")
