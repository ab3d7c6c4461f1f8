"""Every kind of place on answers of many forms: exact spans, other text, nothing broken."""

from __future__ import annotations

import ast
import json
import re
import time

import pytest

from seapo_cli.mistakes.base import Severity
from seapo_cli.mistakes.error_types import error_types, load_error_type
from seapo_cli.mistakes.menu.kinds import KINDS, find_places
from seapo_cli.mistakes.menu.source import Place, Source
from seapo_cli.text.spans import apply_edits, disjoint
from specimens import ANSWERS, C_CODE, MARKDOWN, PROSE, PYTHON, STORY

SEVERITIES: tuple[Severity, ...] = ("subtle", "moderate", "severe")


def negatives(source: Source, place: Place) -> list[str]:
    """The answer with each ready answer of a place put in."""
    for edits in place.choices.values():
        assert disjoint(edits)
        assert edits
        for edit in edits:
            assert source.text[edit.start : edit.end] == edit.original != edit.replacement
    return [apply_edits(source.text, edits) for edits in place.choices.values()]


def test_every_kind_finds_places_somewhere() -> None:
    assert all(
        any(list(find(Source(text))) for text in ANSWERS.values()) for find in KINDS.values()
    )


@pytest.mark.parametrize("severity", SEVERITIES)
@pytest.mark.parametrize("name", ANSWERS)
def test_places_are_exact_and_change_the_answer(name: str, severity: Severity) -> None:
    text = ANSWERS[name]
    source = Source(text, "What is it?", severity)
    for kind, find in KINDS.items():
        for place in find(source):
            assert place.kind == kind
            assert 0 <= place.start <= place.end <= len(text)
            assert place.choices
            assert all(text != negative for negative in negatives(source, place))


@pytest.mark.parametrize("name", ["python", "markdown", "json", "c"])
def test_code_still_parses_and_strings_and_comments_stay(name: str) -> None:
    source = Source(ANSWERS[name])
    for kind in ("equation", "number", "condition"):
        for place in KINDS[kind](source):
            for negative in negatives(source, place):
                _check_code(name, negative)
            for edits in place.choices.values():
                inside = [e for e in edits if source.in_code(e.start, e.end) and e.start < e.end]
                assert not any(source.silent.overlaps(e.start, e.end) for e in inside)


def _check_code(name: str, negative: str) -> None:
    if name == "python":
        ast.parse(negative)
    elif name == "markdown":
        ast.parse(negative.split("```python\n")[1].split("```")[0])
        assert "pip install some-package==1.2.3" in negative
    elif name == "json":
        json.loads(negative.removeprefix("```json\n").removesuffix("```"))
    else:
        for part in ("#include <stdio.h>", "int *p = NULL", "/* a + b */", '"%d < %d\\n"'):
            assert part in negative


def test_python_gets_the_mistakes_of_a_programmer() -> None:
    source = Source(PYTHON)
    found = {text for place in KINDS["condition"](source) for text in place.choices}
    assert {"or", "<", "range(1, len(items) - 1)"} <= found
    found = {text for place in KINDS["equation"](source) for text in place.choices}
    assert "(len(items) - 1)" in found
    main = Source("import sys\nif __name__ == '__main__':\n    run(1)\n")
    assert not list(KINDS["condition"](main))


def test_c_pointers_and_generic_types_are_no_operators() -> None:
    signs = {p.start for kind in ("equation", "condition") for p in KINDS[kind](Source(C_CODE))}
    assert C_CODE.index("*p") not in signs
    java = "```java\nList<String> a = new ArrayList<>();\nint b = 2 / c;\n```"
    assert [java[p.start] for p in KINDS["equation"](Source(java))] == ["/"]
    assert not list(KINDS["condition"](Source(java)))


def test_signs_in_shell_scripts_are_no_operators() -> None:
    bash = "```bash\ngit log --oneline -n 5 | head - > out && ls -l\n```"
    assert not [p for kind in ("equation", "condition") for p in KINDS[kind](Source(bash))]


def test_kept_text_is_never_cut() -> None:
    source = Source(MARKDOWN)
    for kind in ("number", "unit", "date", "condition", "equation"):
        for place in KINDS[kind](source):
            for negative in negatives(source, place):
                assert "https://example.org/v1.2/get-it" in negative
                assert "`run_all.py`" in negative


def words(kind: str, text: str) -> dict[str, set[str]]:
    """What a kind finds in a text → what it offers there."""
    source = Source(text)
    return {text[p.start : p.end]: set(p.choices) for p in KINDS[kind](source)}


@pytest.mark.parametrize(
    ("kind", "text", "found"),
    [
        ("unit", "It lasted two hours and 30 seconds; my days are long.", {"hours", "seconds"}),
        ("date", "On Monday in June 1990 (the 19th century).", {"Monday", "June", "1990", "19th"}),
        ("date", "Since the 1950s we may march.", {"1950"}),
    ],
)  # fmt: skip
def test_words_where_another_fits(kind: str, text: str, found: set[str]) -> None:
    assert set(words(kind, text)) == found


def test_units_stay_near_in_size_unless_severe() -> None:
    assert words("unit", "It took 30 seconds.")["seconds"] == {"minutes"}
    place = next(iter(KINDS["unit"](Source("It took 30 seconds.", severity="severe"))))
    assert len(place.choices) > 3


def test_wrong_numbers_are_clearly_wrong_unless_subtle() -> None:
    others = {int(text) for text in words("number", "There are 80 of them.")["80"]}
    assert others
    assert all(abs(other - 80) >= 8 for other in others)
    place = next(iter(KINDS["number"](Source("There are 80 of them.", severity="subtle"))))
    assert all(0 < abs(int(text) - 80) <= 8 for text in place.choices)


def test_worked_answers_carry_their_mistake_to_the_end() -> None:
    source = Source(STORY)
    (place, *_) = find_places(source, load_error_type("factual").places)
    assert place.kind in ("equation", "number")
    assert all("#### 72" not in negative for negative in negatives(source, place))
    for place in KINDS["equation"](source):
        assert all("×" not in negative for negative in negatives(source, place))


def test_signs_inside_of_marks_stay_python() -> None:
    source = Source("It is 30 - 11 = <<30-11=19>>19.\nThen 4 x 5 = <<4*5=20>>20.\n#### 20")
    for place in KINDS["equation"](source):
        for negative in negatives(source, place):
            assert all("x" not in mark for mark in re.findall("<<(.*?)>>", negative))


LONG = {
    "digits": "1" * 100_000, "sums": "1+" * 50_000, "equations": "1 + 1 = " * 12_500,
    "numbers": "12 " * 33_000, "parentheses": "(" * 100_000, "brackets": "[" * 100_000,
    "bars": "|" * 100_000, "spaces": " " * 100_000, "tabs": "\t" * 100_000,
    "lines": "\n" * 100_000, "marks": "<<" * 50_000, "fences": "```\n" * 25_000,
    "quotes": '"' * 100_000, "names": "Ab " * 33_000, "at": "a@" * 50_000,
    "no lines": "word and " * 11_000, "chinese": "汉字。" * 33_000, "steps": "Step 1 " * 14_000,
    "code": "x = 1\n" * 16_000, "is": "is are " * 14_000,
}  # fmt: skip


@pytest.mark.parametrize("name", LONG)
def test_hostile_text_takes_bounded_time(name: str) -> None:
    """Quadratic patterns took minutes here; what is left is linear, at a second or so."""
    text = LONG[name][:30_000]
    begun = time.process_time()
    for error_type in error_types().values():
        find_places(Source(text), error_type.places)
    assert time.process_time() - begun < 6


@pytest.mark.parametrize("text", [PROSE * 8, PYTHON * 8, STORY * 10])
def test_usual_answers_take_no_time(text: str) -> None:
    """It runs on the event loop; the bound is loose, for busy machines."""
    source_text = text[:4000]
    times = []
    for error_type in error_types().values():
        begun = time.process_time()
        find_places(Source(source_text), error_type.places)
        times.append(time.process_time() - begun)
    assert sorted(times)[len(times) // 2] < 0.25
