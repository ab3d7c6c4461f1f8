"""The page: one file that loads nothing, in which the texts of rows are texts."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from report.material import (
    HOSTILE,
    audit_document,
    metrics,
    negative,
    results,
    run_files,
    write_json,
)
from running import jsonl
from seapo_cli.report.audits import audits
from seapo_cli.report.evaluations import evaluations
from seapo_cli.report.inputs import Inputs
from seapo_cli.report.make import Job
from seapo_cli.report.overview import Prices, overview
from seapo_cli.report.plots import svg
from seapo_cli.report.rows import Rows
from seapo_cli.report.sections import section_html
from seapo_cli.report.training import training


class Page(HTMLParser):
    """What a browser would make of a page: elements, and texts of those that matter."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open = tag
        self.texts.setdefault(tag, []).append("")

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts[self._open][-1] += data

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002, as the base class has it
        self._open = ""


def made(folder: Path, *files: str, **more: Any) -> str:
    Job(list(files), str(folder / "report.html"), **more).run()
    return (folder / "report.html").read_text()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the files of a whole run are."""
    return tmp_path_factory.mktemp("run")


def everything(tmp_path: Path) -> str:
    for name, lines in (("metrics.jsonl", metrics()), ("results.jsonl", results())):
        (tmp_path / name).write_bytes(jsonl(lines))
    more = [tmp_path / "metrics.jsonl", tmp_path / "results.jsonl"]
    audit = write_json(tmp_path / "audit.json", audit_document())
    return made(tmp_path, *run_files(tmp_path), *map(str, more), audit, prices=Prices(1.0, 2.0))


@pytest.fixture(scope="module")
def whole(folder: Path) -> str:
    """A page with everything in it."""
    return everything(folder)


def test_all_sections_are_there(whole: str) -> None:
    page = Page(whole)
    titles = page.texts["h2"]
    assert titles == ["Overview", "Audit", "Training", "Evaluation", "Rows"]
    captions = " ".join(page.texts["figcaption"])
    for told in ("From prompts to pairs", "Similarity", "Told apart", "Telling words", "Loss"):
        assert told in captions
    cells = page.texts["td"]
    for cell in ("no quote fits", "check changed", "tuned minus base: arc_challenge", "0.0013"):
        assert cell in cells


def test_the_policy_allows_this_script_and_style_only(whole: str) -> None:
    page = Page(whole)
    policies = [a["content"] for t, a in page.tags if a.get("http-equiv")]
    assert len(policies) == 1
    policy = policies[0] or ""
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert ":" not in policy  # no scheme, no address
    for tag, kind in (("style", "style-src"), ("script", "script-src")):
        content = page.texts[tag][-1].encode()
        hashed = base64.b64encode(hashlib.sha256(content).digest()).decode()
        assert f"{kind} 'sha256-{hashed}'" in policy


def test_nothing_is_loaded_and_no_attribute_styles_or_acts(whole: str) -> None:
    page = Page(whole)
    assert {a["type"] for t, a in page.tags if t == "script" and "type" in a} == {
        "application/json"
    }
    assert sum(tag in ("script", "style") for tag, _ in page.tags) == 3
    for tag, attributes in page.tags:
        assert tag not in ("iframe", "object", "embed", "img", "link", "base", "form")
        for name, value in attributes.items():
            assert not name.startswith("on")
            assert name not in ("style", "src", "srcset")
            if name in ("href", "xlink:href"):
                assert (value or "").startswith("#")
    ids = [a["id"] for _, a in page.tags if "id" in a]
    assert len(ids) == len(set(ids))


def test_hostile_texts_stay_texts(tmp_path: Path) -> None:
    rows = []
    for number, text in enumerate(HOSTILE):
        row = negative(number, kind=text)
        row |= {"prompt": f"{text}?", "id": text, "source": text}
        row["response"] = f"{text} six {text}"
        row["negative"] = f"{text} eight {text}"
        row["error"] |= {"note": text, "model": text, "edits": []}
        row["checks"] = {text: {"verdict": "fail", "value": {text: [text]}, "reason": text}}
        rows.append(row)
    audit = audit_document()
    audit["parts"][0]["words"] *= len(HOSTILE)
    audit["parts"][0]["words"] = [
        word | {"text": text}
        for word, text in zip(audit["parts"][0]["words"], HOSTILE, strict=True)
    ]
    lines = [{"step": 1, "loss": 1.0, "by_error_type": {text: {"rewards/margins": 1.0}}}
             for text in HOSTILE]  # fmt: skip
    names = ("rows.jsonl", "audit.jsonl", "metrics.jsonl")
    for name, data in zip(names, (rows, [audit], lines), strict=True):
        (tmp_path / name).write_bytes(jsonl(data))
    page = made(tmp_path, *(str(tmp_path / name) for name in names), title=HOSTILE[0])
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page)
    found = Page(page)
    assert [tag for tag, _ in found.tags if tag in ("script", "img", "b")] == ["script", "script"]
    listed = json.loads(next(text for text in found.texts["script"]))
    assert len(listed["rows"]) == len(HOSTILE)
    prompts = {row[6][0][1] for row in listed["rows"]}
    assert f"{HOSTILE[0]}?" in prompts
    assert "\\u202egnirts\\u202c \\u2066x\\u2069?" in prompts


def test_the_same_files_give_the_same_bytes(folder: Path, whole: str) -> None:
    assert everything(folder) == whole


def test_a_page_without_rows_has_no_list(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_bytes(jsonl(metrics()))
    found = Page(made(tmp_path, str(tmp_path / "metrics.jsonl")))
    assert found.texts["h2"] == ["Overview", "Training"]
    assert found.texts["a"] == ["Overview", "Training"]


def test_figures_alone(tmp_path: Path) -> None:
    files = run_files(tmp_path)
    pictures = tmp_path / "figures"
    Job(files, None, pictures).run()
    found = {path.name: path.read_bytes() for path in pictures.iterdir()}
    assert {"funnel.png", "lengths.png", "similarity.png", "position.png"} <= set(found)
    assert all(data.startswith(b"\x89PNG") for data in found.values())
    assert not (tmp_path / "report.html").exists()


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(
            "by name pairs accuracy value low high chance words text chosen rejected baselines "
            "word parts step loss task model right items tasks comparisons types checks".split()
        ),
        inner,
        max_size=6,
    ),
    max_leaves=25,
)  # fmt: skip


@settings(max_examples=20)
@given(anything, anything)
def test_documents_of_any_shape_are_shown_or_left_out(one: Any, other: Any) -> None:
    inputs = Inputs(Rows(10))
    inputs.summaries = {"s": {"rows_in": one, "rows_out": other, "tasks": [one, other]}}
    inputs.summaries["s"] |= {"types": one, "checks": other, "comparisons": [other]}
    inputs.audits = {"a": {"pairs": one, "parts": [one, other]}}
    inputs.metrics = {"m": [{"step": 1, "loss": one}, {"step": other, "eval/by_error_type": one}]}
    sections = [
        overview(inputs, [], Prices()),
        audits(inputs.audits),
        training(inputs.metrics),
        evaluations(inputs),
    ]
    for section in filter(None, sections):
        drawn = {figure.name: "" for figure in section.figures}
        assert section_html(section, drawn)
        for figure in section.figures[:1]:
            assert svg(figure).startswith("<svg")
