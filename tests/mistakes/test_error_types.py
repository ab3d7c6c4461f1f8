"""Error types and templates: what ships, and a user's own file."""

from __future__ import annotations

from pathlib import Path

import pytest

from seapo_cli.exceptions import UsageError
from seapo_cli.mistakes.error_types import (
    error_types,
    load_error_type,
    mode_template,
    pack,
    read_error_type,
    template_hash,
)
from seapo_cli.mistakes.menu.kinds import check_places
from seapo_cli.mistakes.modes import MODES

GOOD = "---\nname: pirate\ndescription: Talk like a pirate.\n---\nArr.\n"


PACKS = {"general", "mathematics", "code", "grounded", "tools"}


def test_the_packaged_types() -> None:
    assert all(len(pack(name)) > 1 for name in PACKS)
    for error_type in error_types().values():
        check_places(error_type)
        assert set(error_type.packs) & PACKS
        assert "\n" not in error_type.description
        assert len(error_type.examples) > 1
        assert error_type.guidance
        for domain in error_type.domains:
            assert [e for e in error_type.examples if e.domain == domain]


def test_an_unknown_pack_lists_what_there_is() -> None:
    with pytest.raises(UsageError, match="no pack 'nope': use one of code, general"):
        pack("nope")


def test_sections_are_for_answers_of_one_domain(tmp_path: Path) -> None:
    path = tmp_path / "pirate.md"
    path.write_text(GOOD + "\n## code\nName it after a ship.\n\n## mathematics\nCount gold.\n")
    own = read_error_type(path)
    assert own.guidance == "Arr."
    assert own.sections == {"code": "Name it after a ship.", "mathematics": "Count gold."}
    path.write_text(GOOD + "\n## sea\nArr.\n")
    with pytest.raises(UsageError, match=r"front matter, sections\.sea"):
        read_error_type(path)


@pytest.mark.parametrize(
    ("alias", "name"), [("correctness", "factual"), ("logic", "logical"), ("style", "style")]
)
def test_aliases(alias: str, name: str) -> None:
    assert load_error_type(alias).name == name


def test_no_name_or_alias_is_used_twice() -> None:
    names = [n for t in error_types().values() for n in (t.name, *t.aliases)]
    assert len(set(names)) == len(names)


def test_an_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(
        UsageError, match=r"no error type 'nope': take one of .*factual, .*TYPE\.md"
    ):
        load_error_type("nope")


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "pirate.md"
    path.write_text(GOOD)
    own = load_error_type(str(path))
    assert (own.name, own.guidance, own.places) == ("pirate", "Arr.", ())


def test_windows_line_ends_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    path = tmp_path / "pirate.md"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert read_error_type(path).name == "pirate"


def test_dashes_inside_of_the_front_matter_do_not_end_it(tmp_path: Path) -> None:
    path = tmp_path / "pirate.md"
    path.write_text(GOOD.replace("pirate.\n", "pirate ---\n") + "---\nMore.\n")
    own = read_error_type(path)
    assert (own.description, own.guidance) == ("Talk like a pirate ---", "Arr.\n---\nMore.")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "expected front matter"),
        ("Just guidance.", "expected front matter"),
        ("---\nname: a\ndescription: b\n", "expected front matter"),
        ("---\nname: a\ndescription: b\n---\n\n", "expected front matter"),
        ("x\n---\nname: a\ndescription: b\n---\nc\n", "expected front matter"),
        ("---\n- a\n---\nbody\n", "must be a mapping"),
        ("---\nname: [\n---\nbody\n", "is not YAML"),
        ("---\nname: a\n---\nbody\n", "description: Field required"),
        ("---\nname: A b\ndescription: c\n---\nbody\n", "name: String should match"),
        ("---\nname: a\ndescription: c\nplace: [number]\n---\nbody\n", "place: Extra inputs"),
        ("---\nname: a\ndescription: c\nexamples: [{mistake: d}]\n---\nb\n", "examples.0.original"),
        ("---\nname: a\ndescription: c\nguidance: d\n---\nb\n", "guidance belongs below"),
        ("---\nname: a\ndescription: b\n1: a\n---\nbody\n", "1: Extra inputs"),
        (f"---\nname: a\ndescription: {'[' * 3000}\n---\nbody\n", "nested too deeply"),
        ('---\nname: a\ndescription: "\\ud800"\n---\nbody\n', "not valid UTF-8"),
    ],
)
def test_a_bad_file_is_one_clear_line(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "bad.md"
    path.write_text(text)
    with pytest.raises(UsageError, match=reason) as caught:
        read_error_type(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", ["2020-13-45", "9" * 5000, "!!timestamp x", "no", "5"])
def test_all_values_are_text(tmp_path: Path, value: str) -> None:
    path = tmp_path / "type.md"
    path.write_text(f"---\nname: a\ndescription: {value}\n---\nbody\n")
    assert read_error_type(path).description == value.removeprefix("!!timestamp ")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read_error_type(tmp_path / "none.md")
    with pytest.raises(UsageError, match="Is a directory"):
        read_error_type(tmp_path)
    (tmp_path / "bytes.md").write_bytes(b"---\nname: \xff\n")
    with pytest.raises(UsageError, match="not valid UTF-8"):
        read_error_type(tmp_path / "bytes.md")


def test_the_hash_names_the_wording(tmp_path: Path) -> None:
    path = tmp_path / "pirate.md"
    path.write_text(GOOD)
    before = template_hash(read_error_type(path), "menu")
    path.write_text(GOOD.replace("Arr", "Ahoy"))
    assert template_hash(read_error_type(path), "menu") != before
    assert template_hash(read_error_type(path), "menu") != template_hash(
        read_error_type(path), "rewrite"
    )


def test_every_mode_has_a_template() -> None:
    for mode in MODES:
        assert mode_template(mode).is_valid()
        assert {"conversation", "response"} <= set(mode_template(mode).get_identifiers())
