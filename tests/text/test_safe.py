"""Nothing secret, and no command to a terminal, leaves the process."""

from __future__ import annotations

import base64

import pytest

from seapo_cli.text import safe
from seapo_cli.text.safe import hide, label, masked, printable, tell

SECRET = 'sk-1"/secret=='


@pytest.fixture(autouse=True)
def _forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safe, "_secrets", set())
    monkeypatch.setattr(safe, "_forms", [])


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        'sk-1\\"/secret==',
        "sk-1%22%2Fsecret%3D%3D",
        base64.b64encode(SECRET.encode()).decode().rstrip("="),
    ],
)
def test_every_form_of_a_secret_is_masked(form: str) -> None:
    assert masked(f"<{form}>") == f"<{form}>"
    hide(SECRET)
    assert masked(f"<{form}>") == "<***>"
    assert masked(f"<{form}>".encode()) == b"<***>"


@pytest.mark.parametrize("word", ["", "x", "EMPTY", "none", "password", "not-needed"])
def test_a_word_given_in_place_of_a_key_does_not_damage_rows(word: str) -> None:
    hide(word)
    assert masked("none of the EMPTY x password is not-needed") == (
        "none of the EMPTY x password is not-needed"
    )


def test_no_control_character_is_printed_raw(capsys: pytest.CaptureFixture[str]) -> None:
    assert printable("a\x1b[2J\rb\x9bc\u202ed\ud800") == "a\\x1b[2J\\x0db\\x9bc\\u202ed\\ud800"
    assert printable("tab\tline\nä 漢字 العربية") == "tab\tline\nä 漢字 العربية"
    hide("sk-4f1d2c33")
    tell("the key sk-4f1d2c33\x07")
    assert capsys.readouterr().err == "the key ***\\x07\n"


def test_a_label_is_one_short_line() -> None:
    assert label("factual") == "factual"
    assert label("a\tb\n\x1b[2J") == "a\\tb\\n\\x1b[2J"
    assert label("x" * 41) == "x" * 39 + "…"
