"""`seapo inject` from file to file, against the mock server, which keeps to JSON schemas."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

from running import Result, Seapo
from seapo_cli.rows import Edit
from seapo_cli.text.spans import apply_edits
from servers import Behaviour, Fault
from specimens import CHINESE, MARKDOWN, PROSE, PYTHON, STORY

ALL = ("-t", "factual", "-t", "logical", "-t", "hallucination", "-t", "style")
PROPOSE = ("--mode", "propose")


def answered(*responses: str) -> list[dict[str, Any]]:
    return [
        {"id": f"row-{n}", "prompt": f"Question {n}?", "response": text, "note": [n]}
        for n, text in enumerate(responses)
    ]


def checked(result: Result, code: int = 0) -> list[dict[str, Any]]:
    """The rows of a run, each with edits that lead from its response to its negative."""
    assert result.code == code, result.stderr
    for row in result.rows:
        edits = [Edit.model_validate(edit) for edit in row["error"]["edits"]]
        assert apply_edits(row["response"], edits) == row["negative"] != row["response"]
        assert all(row["response"][e.start : e.end] == e.original for e in edits)
    return result.rows


def test_one_negative_for_each_type_and_row(seapo: Seapo) -> None:
    rows = answered(PROSE, STORY, PYTHON, MARKDOWN, CHINESE.replace("6300", "6,300"))[:4]
    found = checked(seapo.run("inject", *ALL, *PROPOSE, stdin=rows))
    types = ["factual", "logical", "hallucination", "style"]
    assert [(r["id"], r["error"]["type"]) for r in found] == [
        (row["id"], kind) for row in rows for kind in types
    ]
    for row in found:
        assert row["note"] == rows[int(row["id"][-1])]["note"]
        info = row["error"]
        assert (info["mode"], info["model"], info["finish_reason"]) == ("propose", "mock", "stop")
        assert info["template"] == f"propose/{info['type']}"
        assert info["attempts"] >= 1
        assert info["usage"]["completion_tokens"] > 0


def test_aliases_and_several_mistakes(seapo: Seapo) -> None:
    options = ("-t", "correctness", "-t", "logic", "--edits", "2", *PROPOSE)
    found = checked(seapo.run("inject", *options, stdin=answered(PROSE)))
    assert [row["error"]["type"] for row in found] == ["factual", "logical"]
    assert all(len(row["error"]["edits"]) >= 2 for row in found)


def test_the_same_seed_gives_the_same_and_another_one_not(seapo: Seapo) -> None:
    def run(*options: str) -> bytes:
        return seapo.run("inject", *ALL, *PROPOSE, "--no-store", *options, stdin=rows).stdout

    rows = answered(PROSE, STORY)
    assert run() == run("--seed", "0")
    assert run() != run("--seed", "1")


def test_a_mix_draws_one_type_per_row_whatever_other_rows_there_are(seapo: Seapo) -> None:
    rows = answered(*[PROSE.replace("6,400", str(n)) for n in range(100, 160)])
    options = ("--mix", "factual=3,logical=1,style=0", *PROPOSE)

    def drawn(part: list[dict[str, Any]], *more: str) -> dict[str, str]:
        found = checked(seapo.run("inject", *options, *more, stdin=part))
        return {row["id"]: row["error"]["type"] for row in found}

    whole = drawn(rows)
    assert len(whole) == len(rows)
    counts = Counter(whole.values())
    assert set(counts) == {"factual", "logical"}
    assert counts["factual"] > counts["logical"] > 2
    assert drawn(rows[::-7]) == {row["id"]: whole[row["id"]] for row in rows[::-7]}
    assert drawn(rows, "--seed", "5") != whole


def test_rows_with_only_a_prompt_are_answered_first(seapo: Seapo, server: Any) -> None:
    rows = [{"prompt": f"Tell me about number {n}."} for n in range(3)]
    found = checked(seapo.run("inject", "-t", "hallucination", *PROPOSE, stdin=rows))
    assert len(found) == 3
    for row in found:
        assert row["sample"]["model"] == "mock"
        assert row["response"].endswith(".")
        assert row["negative"].startswith(row["response"][:8])
    log = server.log()
    assert sum(log.attempts("[answer]").values()) == 3
    assert len(log.entries) == 6


def test_an_answer_that_cannot_be_had_is_reported(seapo: Seapo) -> None:
    options = ("-t", "style", "--max-tokens", "2", "--errors", "errors.jsonl")
    result = seapo.run("inject", *options, stdin=[{"prompt": "Go on."}])
    assert result.code == 1
    assert not result.rows
    (error,) = seapo.errors()
    assert error["reason"].startswith("answering the prompt first: the answer was cut at 2 tokens")
    assert "error_type" not in error


def test_of_several_turns_the_last_answer_is_made_wrong(seapo: Seapo, server: Any) -> None:
    turns = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Is water wet?"},
        {"role": "assistant", "content": "Yes, water is wet."},
        {"role": "user", "content": "And how many rivers are longer than the Nile?"},
    ]
    rows = [
        {"messages": [*turns, {"role": "assistant", "content": PROSE}]},
        {"prompt": turns, "response": PROSE},
    ]
    found = checked(seapo.run("inject", "-t", "factual", *PROPOSE, stdin=rows))
    assert [row["response"] for row in found] == [PROSE, PROSE]
    assert found[0]["negative"] == found[1]["negative"]
    assert found[0]["messages"] == rows[0]["messages"]
    (text, *_) = [entry.text for entry in server.log().entries]
    said = ["[system]\nBe brief.", "[assistant]\nYes, water is wet.", "[user]\nAnd how many"]
    positions = [text.index(part) for part in [*said, f"[answer]\n{PROSE}\n[end of answer]"]]
    assert positions == sorted(positions)


def test_a_type_of_ones_own(seapo: Seapo, server: Any) -> None:
    text = (
        "---\nname: numbers\ndescription: A number that is off.\nplaces: [number]\n---\n"
        "Take another number.\n"
    )
    path = seapo.file("numbers.md", text.encode())
    (row,) = checked(
        seapo.run("inject", "--error-type", path, "--mode", "menu", stdin=answered(PROSE))
    )
    assert row["error"]["type"] == "numbers"
    assert row["error"]["edits"][0]["original"][0].isdigit()
    assert "A number that is off." in server.log().entries[0].text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("no front matter", "expected front matter"),
        ("---\nname: x\n---\nbody\n", "description: Field required"),
        ("---\nname: x\ndescription: y\nplaces: [planet]\n---\nz\n", "no kind of place 'planet'"),
        ("---\n- x\n---\nz\n", "mapping of names"),
    ],
)
def test_a_bad_type_file_is_one_line(seapo: Seapo, text: str, reason: str) -> None:
    path = seapo.file("bad.md", text.encode())
    result = seapo.run("inject", "-t", path, stdin=answered(PROSE))
    assert result.code == 2
    assert reason in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ((), "name one with --error-type"),
        (("-t", "nope"), "no error type 'nope'"),
        (("-t", "none.md"), "No such file"),
        (("-t", "style", "--mix", "style=1"), "mutually exclusive"),
        (("--mix", "style=0"), "not all zero"),
        (("--mix", "style=-1"), "numbers of at least 0"),
        (("--mix", "style=much"), "is not NAME=WEIGHT"),
        (("--mix", "nope=1"), "no error type 'nope'"),
        (("-t", "style", "--edits", "0"), "--edits"),
        (("-t", "style", "--attempts", "0"), "--attempts"),
    ],
)
def test_bad_options_are_one_line(seapo: Seapo, options: tuple[str, ...], reason: str) -> None:
    result = seapo.run("inject", *options, stdin=answered(PROSE))
    assert result.code == 2
    assert reason in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_types_lists_what_there_is_by_pack(seapo: Seapo) -> None:
    run = [sys.executable, "-m", "seapo_cli", "types"]
    stdout = subprocess.run(run, env=seapo.environment, capture_output=True, check=True).stdout
    lines = stdout.decode().splitlines()
    packs = [line for line in lines if not line.startswith(" ")]
    assert packs == [
        "pack:general",
        *(f"pack:{n}" for n in ("code", "grounded", "mathematics", "tools")),
    ]
    assert [line for line in lines if line.startswith("  factual, correctness  ")]


def test_a_pack_is_all_of_its_types(seapo: Seapo) -> None:
    result = seapo.run("inject", "-t", "pack:grounded", *PROPOSE, stdin=answered(PROSE))
    assert [row["error"]["type"] for row in checked(result)] == ["baseless", "conflict"]


def test_declines_are_no_failures_and_are_told(seapo: Seapo) -> None:
    files = ("--errors", "errors.jsonl", "--summary", "summary.json")
    kinds = ("-t", "factual", "-t", "bound")
    result = seapo.run("inject", *kinds, *PROPOSE, *files, stdin=answered(PROSE))
    assert len(checked(result, code=0)) == 1
    (error,) = seapo.errors()
    assert error["declined"] is True
    assert error["reason"] == "declined, type does not fit: bound is for answers of code"
    found = seapo.summary("summary.json")["types"]
    assert found["bound"]["type_does_not_fit"] == 1
    assert found["factual"]["made"] == 1


def test_auto_tries_the_model_once_and_keeps_what_it_found(seapo: Seapo, server: Any) -> None:
    rows = answered(PROSE, STORY)
    first = seapo.run("inject", "-t", "factual", stdin=rows)
    assert [row["error"]["mode"] for row in checked(first)] == ["propose", "propose"]
    assert "proposed usable mistakes for" in first.stderr
    asked = len(server.log().entries)
    again = seapo.run("inject", "-t", "factual", stdin=rows)
    assert again.stdout == first.stdout
    assert len(server.log().entries) == asked


def test_what_a_menu_cannot_do_names_a_better_model(seapo: Seapo) -> None:
    result = seapo.run("inject", "-t", "style", "--mode", "menu", stdin=answered(PROSE))
    assert result.code == 2
    assert "style: too much for mode menu: take a model that writes its own" in result.stderr


def rewriting(seapo: Seapo, prompt: str, response: str, *options: str) -> Result:
    rows = [{"prompt": prompt, "response": response}]
    extra = ("--mode", "rewrite", "--attempts", "3", "--errors", "errors.jsonl")
    return seapo.run("inject", "-t", "factual", *extra, *options, stdin=rows)


RESPONSE = "There are 5 cats and one dog in the garden of the old house."


def test_a_rewrite_becomes_the_negative(seapo: Seapo, server: Any) -> None:
    server.set(Behaviour(echo=r"There are \d+ cats[^\n]*"))
    (row,) = checked(rewriting(seapo, "How many?", RESPONSE))
    assert row["negative"] == RESPONSE.replace("5", "6")
    assert row["error"]["edits"] == [{"start": 10, "end": 11, "original": "5", "replacement": "6"}]
    assert row["error"]["mode"] == "rewrite"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("There are cats and one dog in the garden of the old house.", "equals the response"),
        ("I'm sorry, but I cannot help with cats and one dog in the garden.", "refused"),
        ("Here is the revised answer: there are 6 cats and one dog in the garden.", "gives itself"),
        ("In all, there are cats and one dog in the garden (wrong) of the house.", "gives itself"),
        ("A wholly different text about ships, trains and the price of tea.", "the prompt: "),
    ],
)
def test_bad_rewrites_never_reach_the_output(
    seapo: Seapo, server: Any, said: str, reason: str
) -> None:
    # The mock repeats the last match in the prompt: here what the question holds.
    server.set(Behaviour(echo=f"{said[:12]}[^\n]*[.]"))
    response = RESPONSE.replace("5 ", "")
    result = rewriting(seapo, said, said if reason == "equals the response" else response)
    assert result.code == 1
    assert not result.rows
    (error,) = seapo.errors()
    assert reason in error["reason"]
    assert error["error_type"] == "factual"
    assert (error["stage"], error["line"]) == ("inject", 1)
    assert len(server.log().entries) == 3


def test_types_that_fail_are_reported_and_the_others_go_on(seapo: Seapo, server: Any) -> None:
    server.set(Behaviour(faults=(Fault("status", 400, marker="The kind of mistake: logical"),)))
    kinds = ("-t", "factual", "-t", "logical")
    result = seapo.run(
        "inject", *kinds, *PROPOSE, "--errors", "errors.jsonl", stdin=answered(PROSE)
    )
    assert [row["error"]["type"] for row in checked(result, code=3)] == ["factual"]
    assert [error["error_type"] for error in seapo.errors()] == ["logical"]


def test_a_second_run_asks_nothing(seapo: Seapo, server: Any) -> None:
    rows = answered(PROSE, STORY)
    first = seapo.run("inject", *ALL, *PROPOSE, stdin=rows)
    asked = len(server.log().entries)
    again = seapo.run("inject", *ALL, *PROPOSE, stdin=rows)
    assert first.stdout == again.stdout
    assert len(server.log().entries) == asked
