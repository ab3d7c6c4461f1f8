"""Duplicates, equal and near, in memory of fixed size."""

from __future__ import annotations

import random

from hypothesis import assume, given
from hypothesis import strategies as st

from check_pairs import pair
from seapo_cli.checks.duplicates import Duplicates
from seapo_cli.checks.seen import Seen, fingerprint

PROMPT = "How many moons does the planet Jupiter have, as far as astronomers know today? Explain."
RESPONSE = "Jupiter has 95 known moons. The four largest were found by Galileo in 1610."


def seen(check: Duplicates, negative: str, prompt: str = PROMPT, response: str = RESPONSE) -> bool:
    return check.verdict(pair(response, negative, prompt)).decision == "fail"


def test_the_same_pair_again() -> None:
    check, negative = Duplicates(rows=1000), RESPONSE.replace("95", "59")
    assert not seen(check, negative)
    assert seen(check, negative)


def test_the_same_change_in_nearly_the_same_text() -> None:
    long = PROMPT + " Say how they were found, by whom, and in which years; " * 2
    for distance, expected in ((6, True), (0, False)):
        check = Duplicates(distance=distance, rows=1000)
        assert not seen(check, RESPONSE.replace("95", "59"), long)
        again = RESPONSE.replace("found", "first  found")
        assert seen(check, again.replace("95", "59"), long, again) == expected


def test_another_mistake_in_the_same_text_is_new() -> None:
    check = Duplicates(rows=1000)
    assert not seen(check, RESPONSE.replace("95", "59"))
    assert not seen(check, RESPONSE.replace("1610", "1910"))


def test_the_same_change_in_another_text_is_new() -> None:
    check = Duplicates(rows=1000)
    assert not seen(check, "No.", "Is the sea salty?", "Yes.")
    assert not seen(check, "No.", "Do cats like milk?", "Yes.")


def test_a_word_more_makes_no_other_change() -> None:
    long = PROMPT + " Say how they were found, by whom, and in which years; " * 2
    check = Duplicates(rows=1000)
    assert not seen(check, RESPONSE.replace("95", "59"), long)
    assert seen(check, RESPONSE.replace("95", "59").replace("four", "four very"), long)
    assert not seen(check, RESPONSE.replace("95", "60"), long)


def test_the_same_change_in_code_of_another_language_is_new() -> None:
    python = "def add(first, second):\n    total = first + second\n    return total\n"
    script = "function add(first, second) {\n  const total = first + second;\n  return total;\n}\n"
    check = Duplicates(rows=1000)
    task = "Write a function in {} that adds two numbers and returns the sum of both of them."
    for language, code in (("Python", python), ("JavaScript", script)):
        prompt = task.format(language)
        assert not seen(check, code.replace("+", "-"), prompt, code)


def test_old_rows_are_forgotten_and_memory_stays() -> None:
    memory, rng = Seen(1000), random.Random(0)
    texts = [(rng.getrandbits(64), rng.getrandbits(64)) for _ in range(20_000)]
    assert all(memory.add(mark, text, 3) is None for mark, text in texts)
    assert memory.add(*texts[-1], 3) == 0
    assert sum(memory.add(*text, 3) == 0 for text in texts[:1000]) < 10


def test_most_are_remembered_while_there_is_room() -> None:
    memory, rng = Seen(10_000), random.Random(0)
    texts = [(rng.getrandbits(64), rng.getrandbits(64)) for _ in range(5000)]
    assert all(memory.add(mark, text, 3) is None for mark, text in texts)
    assert sum(memory.add(*text, 3) == 0 for text in texts) > 4950


@given(
    st.integers(0, 2**64 - 1), st.sets(st.integers(0, 63), max_size=3), st.integers(0, 2**64 - 1)
)
def test_up_to_three_bits_apart_are_found(text: int, bits: set[int], mark: int) -> None:
    assume(text ^ mark)  # only zero is not an entry
    memory = Seen(1000)
    assert memory.add(mark, text, 3) is None
    other = text
    for bit in bits:
        other ^= 1 << bit
    assert memory.add(mark, other, 3) == len(bits)


@given(st.lists(st.text(min_size=1, max_size=8), max_size=200))
def test_a_fingerprint_is_the_majority_of_its_words(words: list[str]) -> None:
    found = fingerprint(words)
    assert 0 <= found < 2**64
    assert found == fingerprint([*words[:127], "beyond"]) or len(words) < 127
    assert found == fingerprint(list(reversed(words[:127])))
