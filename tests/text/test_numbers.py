"""Numbers in texts of any script."""

from __future__ import annotations

import pytest

from seapo_cli.text.numbers import numbers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,000 and 1000.0", ["1000", "1000"]),
        ("3,14 is 3.14", ["3.14", "3.14"]),
        ("1.234,5", ["1234.5"]),
        ("长江全长6300公里", ["6300"]),
        ("１０００円", ["1000"]),
        ("٣٥", ["35"]),
        ("v2, x1, 1.2.3", ["1.2.3"]),
        ("-3 and 5-3", ["-3", "5", "3"]),
        ("1,234,567.89", ["1234567.89"]),
        ("2, 3 and 4.", ["2", "3", "4"]),
    ],
)
def test_equal_values_have_one_form(text: str, expected: list[str]) -> None:
    assert numbers(text) == expected
