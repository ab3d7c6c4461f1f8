"""Every kind of place on answers of many forms: exact spans, other text, nothing broken."""

from __future__ import annotations

import ast
import json
import re
import time

import pytest

from seapo_cli.errors import UsageError
from seapo_cli.prompts import error_types, load_error_type
from seapo_cli.stages.errors.base import Severity
from seapo_cli.stages.errors.kinds import KINDS, check_places, find_places
from seapo_cli.stages.errors.source import Place, Source
from seapo_cli.stages.errors.spans import apply_edits, disjoint
from specimens import ANSWERS, C_CODE, FRAGMENTS, MARKDOWN, PROSE, PYTHON, STORY

SEVERITIES: tuple[Severity, ...] = ("subtle", "moderate", "severe")


def negatives(source: Source, place: Place) -> list[str]:
    """The answer with each ready answer of a place put in."""
    for edits in place.choices.values():
        assert disjoint(edits)
        assert edits
        for edit in edits:
            assert source.text[edit.start : edit.end] == edit.original != edit.replacement
    return [apply_edits(source.text, edits) for edits in place.choices.values()]


@pytest.mark.parametrize("severity", SEVERITIES)
@pytest.mark.parametrize("name", ANSWERS)
def test_places_are_exact_and_change_the_answer(name: str, severity: Severity) -> None:
    text = ANSWERS[name]
    source = Source(text, "What is it?", severity)
    for kind, find in KINDS.items():
        for place in find(source):
            assert place.kind == kind
            assert 0 <= place.start <= place.end <= len(text)
            assert bool(place.choices) != bool(place.pattern)
            assert all(text != negative for negative in negatives(source, place))
            if place.pattern:
                re.compile(place.pattern)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_found_somewhere(kind: str) -> None:
    """Else the checks of its places would pass for want of any."""
    assert any(KINDS[kind](Source(text, "What is it?")) for text in ANSWERS.values())


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("error_type", error_types())
@pytest.mark.parametrize("own_words", [True, False])
def test_there_is_always_a_place(name: str, error_type: str, own_words: bool) -> None:
    source = Source(ANSWERS[name], own_words=own_words)
    places = find_places(source, load_error_type(error_type).places)
    assert places
    assert find_places(source, load_error_type(error_type).places) == places


@pytest.mark.parametrize("name", ["python", "markdown", "json", "c"])
def test_code_still_parses_and_strings_and_comments_stay(name: str) -> None:
    source = Source(ANSWERS[name])
    for kind in ("equation", "number", "comparator", "conclusion", "detail", "register"):
        for place in KINDS[kind](source):
            for negative in negatives(source, place):
                _check_code(name, negative)
            for edits in place.choices.values():
                inside = [e for e in edits if source.in_code(e.start, e.end) and e.start < e.end]
                assert not any(source.silent.meet(e.start, e.end) for e in inside)


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
    found = {text for place in KINDS["comparator"](source) for text in place.choices}
    assert {"or", ">", "range(1, len(items) - 1)", "if not"} <= found
    found = {text for place in KINDS["equation"](source) for text in place.choices}
    assert "(len(items) - 1)" in found
    main = Source("import sys\nif __name__ == '__main__':\n    run(1)\n")
    assert not list(KINDS["comparator"](main))


def test_c_pointers_and_generic_types_are_no_operators() -> None:
    signs = {p.start for kind in ("equation", "comparator") for p in KINDS[kind](Source(C_CODE))}
    assert C_CODE.index("*p") not in signs
    java = "```java\nList<String> a = new ArrayList<>();\nint b = 2 * c;\n```"
    assert [java[p.start] for p in KINDS["equation"](Source(java))] == ["*"]
    assert not list(KINDS["comparator"](Source(java)))


def test_signs_in_shell_scripts_are_no_operators() -> None:
    bash = "```bash\ngit log --oneline -n 5 | head - > out && ls -l\n```"
    assert not [p for kind in ("equation", "comparator") for p in KINDS[kind](Source(bash))]


def test_kept_text_is_never_cut() -> None:
    source = Source(MARKDOWN)
    for kind in ("number", "name", "comparative", "quantifier", "negation", "unit", "format"):
        for place in KINDS[kind](source):
            for negative in negatives(source, place):
                assert "https://example.org/v1.2/get-it" in negative
                assert "`run_all.py`" in negative or kind == "format"


def words(kind: str, text: str) -> dict[str, set[str]]:
    """What a kind finds in a text → what it offers there."""
    source = Source(text)
    return {text[p.start : p.end]: set(p.choices) for p in KINDS[kind](source)}


@pytest.mark.parametrize(
    ("kind", "text", "found"),
    [
        ("quantifier", "Many birds can fly. It was the best of all time.", {"Many", "can"}),
        ("quantifier", "Here are some tips. They had it all. All 96 people died.", set()),
        ("quantifier", "Can you help? How can I help? May 5 is a holiday.", set()),
        ("connective", "It rained, because it was wet. Check if it works.", {"because"}),
        ("comparative", "It is larger. Let me know if you want more.", {"larger"}),
        ("negation", "The sky is blue, since air scatters light. There is one.", {"is"}),
        ("negation", "The sky is blue.", set()),
        ("unit", "It lasted two hours and 30 seconds; my days are long.", {"hours", "seconds"}),
        ("date", "On Monday in June 1990 (the 19th century).", {"Monday", "June", "1990", "19th"}),
        ("date", "Since the 1950s we may march.", {"1950"}),
        ("name", "In spring Ada Lovelace met the Duke in May.", {"Ada Lovelace", "Duke"}),
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


def test_conclusions_come_from_what_the_answer_says() -> None:
    text = "Polar bears are found in the Arctic."
    (place, *_) = KINDS["conclusion"](Source(text, "Where do polar bears live?"))
    assert "Therefore, polar bears are not found in the Arctic." in place.choices
    assert "It follows that only polar bears are found in the Arctic." in place.choices
    (place, *_) = KINDS["conclusion"](Source(text))  # a name? nobody can tell
    assert not any("bears" in conclusion for conclusion in place.choices)
    (place, *_) = KINDS["conclusion"](Source("Guru Guru"))
    assert all("Guru Guru, " in n for n in negatives(Source("Guru Guru"), place))


def test_nothing_is_added_to_courtesies() -> None:
    fact = "Cats sleep all day."
    source = Source(f"{fact} Let me know if you have more questions!")
    for kind in ("detail", "conclusion"):
        assert {p.end for p in KINDS[kind](source)} == {len(fact)}


def test_nothing_stands_between_a_heading_and_what_it_opens() -> None:
    source = Source("It holds that a is 5.\nNow we have this:\n\n1 + 1 = 2")
    places = list(KINDS["conclusion"](source))
    assert places
    assert all(place.start == len("It holds that a is 5.") for place in places)


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


@pytest.mark.parametrize("name", ["chinese", "japanese", "arabic", "russian", "polish"])
def test_no_english_is_put_into_other_languages(name: str) -> None:
    source = Source(ANSWERS[name])
    for kind in ("detail", "conclusion", "register", "connective", "quantifier", "negation"):
        assert not [place for place in KINDS[kind](source) if place.choices]


def test_a_type_of_insertions_never_turns_to_other_kinds() -> None:
    for text in FRAGMENTS:
        places = find_places(Source(text), load_error_type("hallucination").places)
        assert {place.kind for place in places} <= {"detail", "sentence"}


def test_mistakes_fall_all_over_the_answer() -> None:
    text = " ".join(f"Many people in town {n} can sing well." for n in range(40))
    firsts = [next(iter(KINDS["quantifier"](Source(text, seed=n)))).start for n in range(200)]
    quarters = [
        sum(n * len(text) / 4 <= at < (n + 1) * len(text) / 4 for at in firsts) for n in range(4)
    ]
    assert all(quarter > 20 for quarter in quarters)


def test_unknown_kinds_are_refused() -> None:
    wrong = load_error_type("factual").model_copy(update={"places": ("number", "planet")})
    with pytest.raises(UsageError, match="no kind of place 'planet'"):
        check_places(wrong)


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
