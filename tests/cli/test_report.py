"""`seapo report` as a command."""

from __future__ import annotations

from pathlib import Path

import pytest

from report.material import audit_document, metrics, negative, run_files, write_json
from running import Seapo, jsonl
from seapo_cli import report
from seapo_cli.exceptions import UsageError


@pytest.fixture(autouse=True)
def _fonts(seapo: Seapo, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Matplotlib looks for fonts once, not in each test's home."""
    seapo.environment["MPLCONFIGDIR"] = str(tmp_path_factory.getbasetemp() / "matplotlib")


def test_files_are_told_by_their_kind(seapo: Seapo) -> None:
    files = run_files(seapo.folder)
    audit = write_json(seapo.folder / "audit.json", audit_document())
    curves = seapo.file("curves", metrics(3))
    result = seapo.bare("report", *files, audit, curves, "-o", "report.html")
    assert (result.code, result.stdout) == (0, b"")
    told = [
        line.removeprefix(f"seapo report: {seapo.folder}/") for line in result.stderr.splitlines()
    ]
    assert told == [
        "prompts.jsonl: 12 prompts",
        "answers.jsonl: 12 answers",
        "errors.jsonl: 2 failed rows",
        "negatives.jsonl: 10 negatives",
        "kept.jsonl: 9 rows that filter kept",
        "dropped.jsonl: 1 row that filter dropped",
        "pairs.jsonl: 9 pairs",
        "audit.json: 1 audit",
        "curves: 6 lines of training metrics",
    ]
    assert (seapo.folder / "report.html").read_bytes().startswith(b"<!DOCTYPE html>")


def test_stdin_to_stdout(seapo: Seapo) -> None:
    result = seapo.bare("report", stdin=[negative(1)])
    assert (result.code, result.stderr) == (0, "seapo report: stdin: 1 negative\n")
    assert result.stdout.endswith(b"</html>\n")


def test_an_unknown_file_is_one_line_and_nothing_is_written(seapo: Seapo) -> None:
    files = [seapo.file("rows.jsonl", [negative(1)]), seapo.file("notes.jsonl", [{"a": 1}])]
    result = seapo.bare("report", *files, "-o", "report.html")
    assert (result.code, result.stdout, len(result.stderr.splitlines())) == (2, b"", 1)
    assert "notes.jsonl: nothing that a report can show: an object with 'a'" in result.stderr
    assert not (seapo.folder / "report.html").exists()


def test_bad_lines_are_named_and_the_others_shown(seapo: Seapo) -> None:
    file = seapo.file("rows.jsonl", jsonl([negative(1)]) + b"nonsense\n" * 7)
    result = seapo.bare("report", file, "-o", "report.html")
    assert result.code == 3
    assert f"{file}:2: not valid JSON" in result.stderr
    assert "2 more lines cannot be read" in result.stderr
    assert (seapo.folder / "report.html").exists()


def test_no_input_is_overwritten(seapo: Seapo) -> None:
    file = seapo.file("rows.jsonl", [negative(1)])
    before = Path(file).read_bytes()
    result = seapo.bare("report", file, "-o", file)
    assert (result.code, Path(file).read_bytes()) == (2, before)
    assert "are the same file" in result.stderr
    pictures = seapo.folder / "figures"
    pictures.mkdir()
    (pictures / "lengths.png").write_bytes(before)
    result = seapo.bare("report", str(pictures / "lengths.png"), "--png", str(pictures))
    assert (result.code, (pictures / "lengths.png").read_bytes()) == (2, before)


def test_figures_alone(seapo: Seapo) -> None:
    file = seapo.file("rows.jsonl", [negative(n) for n in range(3)])
    result = seapo.bare("report", file, "--png", "figures")
    assert (result.code, result.stdout) == (0, b"")
    assert (seapo.folder / "figures" / "lengths.png").stat().st_size > 1000


def test_of_many_rows_some_are_shown_and_that_is_told(seapo: Seapo) -> None:
    file = seapo.file("rows.jsonl", [negative(n) for n in range(30)])
    result = seapo.bare("report", file, "--max-rows", "10", "-o", "report.html")
    assert result.code == 0
    assert "20 rows are counted but not shown; --max-rows shows more" in result.stderr


def test_a_missing_extra_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match="seapo report needs matplotlib: pip install"):
        report.need_matplotlib()


@pytest.mark.parametrize("options", [["nowhere.jsonl"], ["-", "--max-rows", "0"]])
def test_usage_errors(seapo: Seapo, options: list[str]) -> None:
    result = seapo.bare("report", *options, stdin=[negative(1)])
    assert (result.code, result.stdout) == (2, b"")
