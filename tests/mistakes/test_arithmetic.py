"""Reckoning in answers: exact, and true again after a wrong value was carried on."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from oracle import evaluate as oracle_value
from seapo_cli.mistakes.menu.carry import Worked, is_list_marker, numbers
from seapo_cli.mistakes.menu.source import Source
from seapo_cli.text.arithmetic import decimals_of, equations, evaluate, signs
from seapo_cli.text.spans import apply_edits, disjoint

MARK = re.compile(r"<<([^=>]+)=([^>]+)>>")


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> str:
    if depth == 0 or draw(st.booleans()):
        number = draw(st.integers(0, 999))
        return draw(st.sampled_from([str(number), f"{number}.5", f".{number:03}"]))
    left, right = draw(expressions(depth - 1)), draw(expressions(depth - 1))
    text = f"{left}{draw(st.sampled_from('+-*/'))}{right}"
    return draw(st.sampled_from([text, f"({text})", f"-({text})"]))


@given(expressions())
def test_evaluate_agrees_with_python(text: str) -> None:
    exact = re.sub(r"\d+\.?\d*|\.\d+", lambda m: f"Fraction('{m[0]}')", text)
    try:
        expected = eval(exact, {"Fraction": Fraction})
    except ZeroDivisionError:
        expected = None
    assert evaluate(text) == expected


@given(st.text("0123456789.+-*/() ", max_size=30))
def test_evaluate_never_raises(text: str) -> None:
    value = evaluate(text)
    assert value is None or isinstance(value, Fraction)


@given(st.fractions(min_value=0, max_value=10**6, max_denominator=10**6))
def test_decimals_write_a_value_exactly_or_not_at_all(value: Fraction) -> None:
    digits = decimals_of(value)
    assert digits == 9 or (value * 10**digits).denominator == 1


@st.composite
def worked(draw: st.DrawFn) -> str:
    """A worked answer in the manner of GSM8K: each step uses earlier results, all hold."""
    known = draw(st.lists(st.integers(2, 60), min_size=2, max_size=4, unique=True))
    lines = [f"There are {', '.join(map(str, known))} things."]
    for _ in range(draw(st.integers(1, 5))):
        a, b = draw(st.sampled_from(known)), draw(st.sampled_from(known))
        sign = draw(st.sampled_from("+-*/"))
        value = evaluate(f"{a}{sign}{b}")
        if value is None or value <= 0 or value.denominator != 1 or value > 10**6:
            continue
        shape = draw(st.sampled_from(["{a}{s}{b} = <<{a}{s}{b}={v}>>{v}", "{a} {s} {b} = {v}"]))
        lines.append("That is " + shape.format(a=a, b=b, s=sign, v=value) + " things.")
        known.append(int(value))
    return "\n".join([*lines, f"#### {known[-1]}"])


@given(worked(), st.data())
def test_carry_keeps_all_other_equations_true(text: str, data: st.DataObject) -> None:
    taken = Worked.of(Source(text))
    first = {number.value: n for n, number in reversed(list(enumerate(taken.numbers)))}
    at = data.draw(st.sampled_from(sorted(first.values())))
    value = Fraction(data.draw(st.integers(1, 500)))
    assume(value != taken.numbers[at].value)
    edits = taken.carry(at, value)
    assume(edits is not None)
    assert edits is not None
    assert disjoint(edits)
    assert all(text[e.start : e.end] == e.original != e.replacement for e in edits)
    wrong = apply_edits(text, edits)
    before, after = equations(text), equations(wrong)
    assert len(before) == len(after)
    false = [e for e in after if evaluate(e.expression) != _right(wrong, e.right)]
    started = [old for old in before if old.right[0] == taken.numbers[at].start]
    assert len(false) == len(started)  # the one whose result was changed, if it was a result
    changed = dict(zip(((n.start, n.end) for n in taken.numbers), numbers_of(wrong), strict=True))
    last = taken.final()
    assert last is not None
    results = [e.right for e in before if _right(text, e.right) == last.value]
    if results:  # the final answer says what the last step with that value says
        assert changed[last.start, last.end] == changed[results[-1]]


def _right(text: str, span: tuple[int, int]) -> Fraction:
    return Fraction(text[slice(*span)].replace(",", ""))


def numbers_of(text: str) -> list[Fraction]:
    return [number.value for number in numbers(Source(text))]


def test_carry_follows_the_steps_to_the_final_answer() -> None:
    text = "He has 48/2 = <<48/2=24>>24.\nIn all 48+24 = <<48+24=72>>72.\n#### 72"
    taken = Worked.of(Source(text))
    edits = taken.carry(0, Fraction(40))
    assert edits is not None
    expected = "He has 40/2 = <<40/2=20>>20.\nIn all 40+20 = <<40+20=60>>60.\n#### 60"
    assert apply_edits(text, edits) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Half of 48 is 48/2 = <<48/2=24>>24.\n#### 24", 47),  # no longer whole
        ("It is 5 and 9 - 5 = <<9-5=4>>4.\n#### 4", 12),  # negative
        ("A has 8. B has 2*4 = <<2*4=8>>8. C has 3+5 = <<3+5=8>>8 + 8.", 9),
    ],
)
def test_carry_gives_up_where_consequences_are_unclear(text: str, value: int) -> None:
    taken = Worked.of(Source(text))
    assert taken.carry(0, Fraction(value)) is None or "A has" in text


def test_an_operand_that_cannot_be_edited_is_not_carried_through() -> None:
    text = "See `3*4` first: 3. Then 3x4 = 12 and 2nd*3 = <<3*4=12>>12."
    taken = Worked.of(Source(text))
    for index, number in enumerate(taken.numbers):
        edits = taken.carry(index, number.value + 1) or ()
        assert all(text[e.start : e.end] == e.original for e in edits)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1. One of 2 apples", ["2"]),
        ("Step 3: take 4", ["4"]),
        ("(2) second of 5", ["5"]),
        ("on the 2nd of 7", ["7"]),
        ("v1.2.3 and 10.0.0.1 and 4.5", ["4.5"]),
        ("1,234.50 or .5 or 7", ["1,234.50", ".5", "7"]),
        ("at https://a.org/5 there are 6", ["6"]),
        ("4K, B12, mp3 and 9", ["9"]),
        ("9" * 400 + " or 3", ["3"]),
    ],
)
def test_numbers_are_quantities_only(text: str, found: list[str]) -> None:
    assert [number.text for number in numbers(Source(text))] == found


def test_list_markers_are_told_from_numbers_in_long_lines() -> None:
    text = "x" * 5000 + " 7. And"
    assert not is_list_marker(text, 5001, 5002)
    assert is_list_marker("7. And", 0, 1)
    assert is_list_marker("a\n  **7.** And", 6, 7)


def test_equations_of_both_kinds_do_not_overlap() -> None:
    text = "So 3 x $4 = <<3*4=12>>12, and 20 − 5 = 15, 1 + 1 + 1 = 3; not x = 5 nor 5% * 3 = 2."
    assert [e.expression for e in equations(text)] == ["3*4", "20-5", "1+1+1"]
    for equation in equations(text):
        assert oracle_value(equation.expression) == _right(text, equation.right)
    assert [sign for _, sign in signs(equations(text)[2])] == ["+", "+"]


@pytest.mark.parametrize(
    ("text", "value", "written"),
    [
        ("1,500", "1200", "1,200"),
        ("7.50", "9", "9.00"),
        ("20", "2.5", "2.5"),
        (".5", "0.75", ".75"),
        ("3", "1000", "1000"),
    ],
)
def test_a_value_is_written_in_the_form_of_the_number(text: str, value: str, written: str) -> None:
    (number,) = numbers(Source(text))
    assert number.written(Fraction(value)) == written


def test_numbers_are_carried_in_their_order_whatever_was_found_on_the_way() -> None:
    text = (
        "There are 2, 3, 4 things.\nThat is 2+3 = <<2+3=5>>5 things.\nThat is 2 + 5 = 7 things.\n"
        "That is 5+5 = <<5+5=10>>10 things.\nThat is 5+7 = <<5+7=12>>12 things.\n#### 12"
    )
    edits = Worked.of(Source(text)).carry(1, Fraction(1))
    assert edits is not None
    assert "3+3 = <<3+3=6>>6" in apply_edits(text, edits)
