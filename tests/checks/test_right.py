"""Check `right`: the response against the known answer."""

from __future__ import annotations

import pytest

from check_pairs import decision
from seapo_cli.checks.right import Right

WORKED = "48/2 = 24 in May.\n48+24 = 72 in all.\n#### 72"


@pytest.mark.parametrize(
    ("response", "reference", "expected"),
    [
        ("48 + 24 = 72 clips.", WORKED, "pass"),
        ("48 + 24 = 70 clips.", WORKED, "fail"),
        ("In all she sold 72 clips.", WORKED, "pass"),
        ("She sold 72 clips.\n\nThat is what the question asks for.", WORKED, "fail"),
        ("I do not know.", WORKED, "fail"),
        ("She sold \\boxed{72} clips.", WORKED, "pass"),
        ("#### 1,072.0", "1072", "pass"),
        ("#### 72", 72, "pass"),
        ("#### 72", "$72", "pass"),
        ("The answer is (B).", "B", "pass"),
        ("The answer is (C).", "B", "fail"),
        ("It is 5.", "Because the Moon turns once in 27 days.", "skip"),
        ("It is 5.", None, "skip"),
        ("It is 5.", True, "skip"),
    ],
)
def test_the_response_against_the_reference(
    response: str, reference: object, expected: str
) -> None:
    assert decision(Right(), response, "x", reference=reference) == expected
