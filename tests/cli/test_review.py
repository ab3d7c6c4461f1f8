"""`seapo review` as commands."""

from __future__ import annotations

import json

from report.material import negative
from review.material import annotated, read
from running import Seapo, jsonl


def test_there_and_back(seapo: Seapo) -> None:
    rows = [negative(n) for n in range(3)]
    file = seapo.file("rows.jsonl", jsonl(rows) + b"nonsense\n")
    there = seapo.bare("review", "export", file, "--to", "label-studio", "-o", "tasks")
    assert (there.code, there.stdout) == (3, b"")
    assert f"{file}:4: not valid JSON" in there.stderr
    assert "seapo review: 3 rows to tasks" in there.stderr
    given = {"bee-0": [("yes", "factual", 4), ("yes", "style", 4)], "bee-1": [("no", None, None)]}
    answers = annotated(read(seapo.folder / "tasks" / "tasks.json"), given)
    export = seapo.file("export.json", json.dumps(answers).encode())
    back = seapo.bare(
        *("review", "import", export, file, "--keep", "accepted"),
        *("--rejected", "no.jsonl", "--errors", "bad.jsonl", "--summary", "s.json"),
    )
    assert (back.code, [row["id"] for row in back.rows]) == (3, ["bee-0"])
    assert len((seapo.folder / "no.jsonl").read_bytes().splitlines()) == 2
    assert len((seapo.folder / "bad.jsonl").read_bytes().splitlines()) == 1
    assert read(seapo.folder / "s.json")["reviews"]["refused"] == 1
    assert "two reviewers agree that it is worse or not: 100%; on the type: 0%" in back.stderr
    assert "rows without a review: 1" in back.stderr


def test_nothing_of_the_users_is_overwritten(seapo: Seapo) -> None:
    file = seapo.file("rows.jsonl", [negative(1)])
    answers = [
        {
            "data": {"key": "x"},
            "annotations": [
                {
                    "completed_by": 1,
                    "result": [{"from_name": "worse", "value": {"choices": ["yes"]}}],
                }
            ],
        }
    ]
    export = seapo.file("export.json", json.dumps(answers).encode())
    result = seapo.bare("review", "import", export, file, "-o", export)
    assert (result.code, read(export)) == (2, answers)
    assert "are the same file" in result.stderr
    result = seapo.bare("review", "import", export, file, "--rejected", "no.jsonl")
    assert (result.code, len(result.stderr.splitlines())) == (2, 1)
    assert "--rejected needs --keep" in result.stderr


def test_options_come_from_the_settings_file(seapo: Seapo) -> None:
    file = seapo.file("rows.jsonl", [negative(n) for n in range(4)])
    (seapo.folder / "mine.toml").write_text("[review.export]\nmax-rows = 2\nreviewers = 3\n")
    start = ("--config", "mine.toml", "review", "export", file, "--to", "argilla")
    result = seapo.bare(*start, "-o", "out")
    assert result.code == 0, result.stderr
    assert "2 rows to out, 2 not drawn" in result.stderr
    (seapo.folder / "mine.toml").write_text("[review]\nmax-rows = 2\n")
    result = seapo.bare(*start, "-o", "other")
    assert (result.code, "unknown table [review]" in result.stderr) == (2, True)
