"""The page in a real browser: what is clicked and typed, and what hostile rows cannot do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browser import chromium, missing
from report.material import HOSTILE, audit_document, metrics, negative, run_files, write_json
from running import jsonl
from seapo_cli.report.make import Job

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(missing() is not None, reason=missing() or ""),
]
NUMBER = 300


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of a whole run, and of many rows."""
    folder = tmp_path_factory.mktemp("whole")
    many = [negative(n, ("factual", "logical")[n % 2]) for n in range(100, 100 + NUMBER)]
    long = "First it has:\n```python\nsix = 6\n```\nand so on."
    unlike = {"id": "unlike", "prompt": "Why?", "response": long, "negative": "No idea at all."}
    (folder / "many.jsonl").write_bytes(jsonl([*many, unlike]))
    (folder / "metrics.jsonl").write_bytes(jsonl(metrics()))
    audit = write_json(folder / "audit.json", audit_document())
    more = [str(folder / "many.jsonl"), str(folder / "metrics.jsonl"), audit]
    Job([*run_files(folder), *more], str(folder / "report.html")).run()
    return folder / "report.html"


class Visitor:
    """A page, and all that it complained about."""

    def __init__(self, browser: Any, file: Path, at: str = "rows", **context: Any) -> None:
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page = browser.new_context(
            viewport={"width": 1300, "height": 800}, **context
        ).new_page()
        self.page.on("console", lambda said: self.complaints.append(said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(f"{file.as_uri()}#{at}")

    def choose(self, name: str, text: str) -> None:
        options = self.page.get_by_label(name, exact=True).locator("option")
        label = next(one for one in options.all_text_contents() if one.startswith(text))
        self.page.get_by_label(name, exact=True).select_option(label=label)

    @property
    def count(self) -> str:
        return str(self.page.locator(".count").text_content())

    @property
    def items(self) -> list[str]:
        return list(self.page.locator(".item .top span").all_text_contents())

    @property
    def read(self) -> str:
        return str(self.page.locator(".row .head").text_content())

    def pressed(self, *keys: str) -> str:
        """What is read after some keys."""
        for key in keys:
            self.page.keyboard.press(key)
        return self.read

    def done(self) -> None:
        assert self.complaints == []
        assert len(self.requests) == 1  # the file itself
        self.page.context.close()


@pytest.fixture
def rows(browser: Any, whole: Path) -> Iterator[Visitor]:
    visitor = Visitor(browser, whole)
    yield visitor
    visitor.done()


def test_the_mistake_is_marked(rows: Visitor) -> None:
    rows.pressed("j")
    answer = rows.page.locator(".answer")
    assert answer.locator("del").all_text_contents() == ["six"]
    assert answer.locator("ins").all_text_contents() == ["eight"]
    assert str(answer.text_content()).startswith("Bee 1 has sixeight legs")
    told = str(rows.page.locator(".row dl").text_content())
    assert "A bee has six legs, not eight." in told
    assert "negatives.jsonl:2\nkept.jsonl:1\npairs.jsonl:1" in told


def test_only_rows_in_sight_are_in_the_document(rows: Visitor) -> None:
    assert 5 < rows.page.locator(".item").count() < 40
    assert rows.count == f"{NUMBER + 13} rows"
    assert "bee-399" not in rows.items
    assert "unlike" in rows.pressed("End", "k", "k")
    rows.page.locator(".list").evaluate("list => { list.scrollTop = 0 }")
    rows.page.wait_for_function("document.querySelector('.item .top span').textContent === 'bee-0'")


def test_filters(rows: Visitor) -> None:
    rows.choose("type", "factual")
    assert rows.count.startswith("155 of 313 rows")
    rows.choose("check", "changed")
    assert rows.count.startswith("5 of ")
    rows.choose("verdict", "fail")
    assert (rows.items, rows.count) == (["bee-0"], "1 of 313 rows")
    rows.choose("type", "logical")
    assert rows.page.locator(".empty").text_content() == "No row matches."
    rows.page.get_by_role("button", name="Clear").click()
    assert rows.count == "313 rows"
    rows.choose("stage", "declined")
    assert rows.items == ["bee-11"]
    assert "inject: It has no tone." in str(rows.page.locator(".row dl").text_content())


def test_what_people_said(browser: Any, tmp_path: Path) -> None:
    made = [negative(number) for number in range(3)]
    made[0]["review"] = {"verdict": "refused", "worse": 1, "reviewers": 3}
    made[1]["review"] = {"verdict": "accepted", "worse": 3, "reviewers": 3}
    (tmp_path / "rows.jsonl").write_bytes(jsonl(made))
    Job([str(tmp_path / "rows.jsonl")], str(tmp_path / "report.html")).run()
    page = Visitor(browser, tmp_path / "report.html")
    assert page.page.locator(".item .review").all_text_contents() == ["refused", "accepted"]
    page.choose("review", "accepted")
    assert (page.items, page.count) == (["bee-1"], "1 of 3 rows")
    assert page.page.locator(".row .head .review").text_content() == "accepted"
    page.choose("review", "not reviewed")
    assert page.items == ["bee-2"]
    assert page.page.locator(".review").count() == 0
    page.done()


def test_choices_tell_how_many_rows_they_would_leave(rows: Visitor) -> None:
    rows.choose("verdict", "fail")
    options = rows.page.get_by_label("type", exact=True).locator("option").all_text_contents()
    assert options == ["any", "factual (1)", "logical (0)", "untyped (0)", "style (0)"]


def test_search(rows: Visitor) -> None:
    rows.pressed("/")
    rows.page.keyboard.type("BEE 123?")
    assert (rows.items, rows.count) == (["bee-123"], "1 of 313 rows")
    assert rows.page.evaluate("CSS.highlights.get('found').size") == 1
    rows.pressed("Escape")
    rows.pressed("/")
    rows.page.keyboard.type("bee 123 has eight legs")
    assert rows.items == ["bee-123"]
    assert "1 of 1" in rows.read


def test_the_keyboard(rows: Visitor) -> None:
    assert "bee-0" in rows.read
    assert "bee-2" in rows.pressed("j", "ArrowDown")
    assert "bee-1" in rows.pressed("k")
    assert "bee-1" in rows.pressed("n")
    assert rows.page.locator("del.at").text_content() == "six"
    rows.pressed("n")
    assert rows.page.locator("ins.at").text_content() == "eight"
    rows.pressed("s")
    assert rows.page.locator(".both .prose").count() == 2
    assert "bee-0" in rows.pressed("Home")


def test_sides_that_are_unlike_stand_beside_each_other(rows: Visitor) -> None:
    rows.pressed("/")
    rows.page.keyboard.type("no idea at all")
    chosen, rejected = rows.page.locator(".both .prose").all()
    assert str(chosen.text_content()).startswith("First it has:")
    assert rejected.text_content() == "No idea at all."
    assert "six = 6" in str(chosen.locator(".code").first.text_content())


def test_a_link_leads_to_a_row(browser: Any, whole: Path, rows: Visitor) -> None:
    rows.pressed("j", "j", "j")
    wanted, address = rows.read, str(rows.page.evaluate("location.hash"))
    assert rows.page.get_by_role("link", name="Link").get_attribute("href") == address
    other = Visitor(browser, whole, at=address.removeprefix("#"))
    assert other.read == wanted
    other.choose("type", "factual")
    other.page.evaluate(f"location.hash = '{address}'")
    other.page.wait_for_function("document.querySelector('.count').textContent === '313 rows'")
    assert other.read == wanted
    other.done()
    nowhere = Visitor(browser, whole, at="row-0123456789abcdef")
    assert nowhere.page.locator(".row").text_content() == "This report has no such row."
    nowhere.done()


def test_sections_by_their_links(rows: Visitor) -> None:
    for title in ("Overview", "Audit", "Training"):
        rows.page.get_by_role("link", name=title, exact=True).click()
        rows.page.locator("section:visible h2").get_by_text(title, exact=True).wait_for()
        assert rows.page.locator("section:visible h2").all_text_contents() == [title]
        assert rows.page.locator("section:visible figure svg").count() >= 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark(browser: Any, whole: Path, scheme: str) -> None:
    visitor = Visitor(browser, whole, at="overview", color_scheme=scheme)
    colours = visitor.page.evaluate(
        """() => ["body", "figure svg path[fill^='var']", "figure svg text"].map((one, place) => {
             const style = getComputedStyle(document.querySelector(one));
             return place ? style.fill : style.backgroundColor;
           })"""
    )
    paper, bar, ink = (sum(map(int, one[4:-1].split(", "))) for one in colours)
    assert (paper > 700) is (scheme == "light")
    assert (paper - ink > 300) is (scheme == "light")
    assert abs(paper - bar) > 150
    visitor.done()


def test_without_its_script_the_page_still_shows_figures(browser: Any, whole: Path) -> None:
    visitor = Visitor(browser, whole, at="overview", java_script_enabled=False)
    assert visitor.page.locator("figure svg").count() > 5
    visitor.done()


def test_hostile_texts_stay_texts(browser: Any, tmp_path: Path) -> None:
    texts = [*HOSTILE, "x" * 5_000_000, "<b>" * 30_000]
    rows = []
    for number, text in enumerate(texts):
        row = negative(number, kind=text)
        row |= {"prompt": f"{text}?", "id": text, "source": text}
        row["response"], row["negative"] = f"{text} six {text}", f"{text} eight {text}"
        row["error"] |= {"note": text, "model": text, "edits": []}
        row["checks"] = {text: {"verdict": "fail", "value": text, "reason": text}}
        rows.append(row)
    file = tmp_path / "rows.jsonl"
    file.write_bytes(jsonl(rows))
    Job([str(file)], str(tmp_path / "report.html"), title=texts[0]).run()
    visitor = Visitor(browser, tmp_path / "report.html")
    for _ in texts:
        assert visitor.page.locator("section b b, section img, section script").count() == 0
        visitor.pressed("s", "j")
    assert visitor.page.title() == texts[0]
    visitor.pressed("/")
    visitor.page.keyboard.type("</script>")
    assert visitor.count.startswith("1 of ")
    assert str(visitor.page.locator(".prompt").text_content()) == f"{texts[0]}?"
    visitor.done()


def test_the_policy_refuses_what_a_text_could_try(browser: Any, whole: Path) -> None:
    visitor = Visitor(browser, whole)
    for attempt in (
        "document.body.innerHTML = '<b>x</b>'",
        "document.body.append(Object.assign(document.createElement('script'), {text: 'x'}))",
    ):
        tried = f"try {{ {attempt}; return 'allowed' }} catch (error) {{ return error.name }}"
        refused = visitor.page.evaluate(f"() => {{ {tried} }}")
        assert refused == "TypeError"  # of trusted types
    visitor.page.evaluate("document.body.setAttribute('style', 'opacity: 0')")
    assert visitor.page.evaluate("getComputedStyle(document.body).opacity") == "1"
    visitor.page.context.close()
