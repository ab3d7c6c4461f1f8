"""Whether an answer holds together after a change, and whether only comments changed."""

from __future__ import annotations

import pytest

from seapo_cli.text.structure import broken, only_comments
from specimens import C_CODE, JSON, MARKDOWN, PYTHON, TABLE

LATEX = (
    "We have $x = \\frac{1}{2}$ and\n\\begin{align}\ny &= 3 \\\\ z &= 4\n\\end{align}\n"
    "so \\(y > x\\)."
)


@pytest.mark.parametrize(
    ("response", "old", "new"),
    [
        (PYTHON, "range(len(items) - 1)", "range(len(items))"),
        (PYTHON, "and i <= most", "or i <= most"),
        (C_CODE, "3 * 2", "3 + 2"),
        (JSON, "1815", "1852"),
        (LATEX, "\\frac{1}{2}", "\\frac{1}{3}"),
        (LATEX, "z &= 4", "z &= 5"),
        (MARKDOWN, "| large | $5 |", "| large | $9 |"),
        (MARKDOWN, "**Install**", "**Remove**"),
        (TABLE, "15,500", "14,500"),
        ("2 < 3 (see above", "2", "1"),
    ],
)
def test_a_change_within_the_form_is_whole(response: str, old: str, new: str) -> None:
    assert old in response
    assert broken(response, response.replace(old, new)) is None


@pytest.mark.parametrize(
    ("response", "old", "new", "reason"),
    [
        (PYTHON, "range(len(items) - 1)", "range(len(items) - 1", "Python code no longer parses"),
        (PYTHON, "        seen.add", "      seen.add", "Python code no longer parses"),
        (C_CODE, "3 * 2;", "(3 * 2;", "brackets no longer match"),
        (JSON, '"born": 1815', '"born" 1815', "JSON no longer parses"),
        ('{"a": 1}', "1}", "1", "JSON no longer parses"),
        (LATEX, "{2}", "2}", "braces no longer match"),
        (LATEX, "$ and", " and", "dollar signs no longer match"),
        (LATEX, "\\end{align}", "\\end{aligned}", "lost its partner"),
        (LATEX, "x\\).", "x.", "no longer match"),
        (MARKDOWN, "**Install**", "**Install", "has lost its partner"),
        (MARKDOWN, "```bash\n", "bash\n", "code fences|lost its partner|which parts"),
        (MARKDOWN, "- It usually", "### It usually", "headings"),
        (MARKDOWN, "| large | $5 |", "| large |", "number of cells"),
    ],
)
def test_a_change_that_breaks_the_form_is_told(
    response: str, old: str, new: str, reason: str
) -> None:
    assert old in response
    found = broken(response, response.replace(old, new))
    assert found is not None
    assert any(part in found for part in reason.split("|"))


def test_what_was_broken_before_may_stay_so() -> None:
    code = "```python\ndef f(:\n    return 1\n```"
    assert broken(code, code.replace("1", "2")) is None


@pytest.mark.parametrize(
    ("response", "old", "new", "only"),
    [
        (PYTHON, "# and nothing else", "# and all else", True),
        (PYTHON, "Find the first item", "Find the last item", True),
        (PYTHON, "return -1", "return 1", False),
        (C_CODE, "/* a + b */", "/* a - b */", True),
        (C_CODE, "// print 1 - 2", "// print 3", True),
        (C_CODE, "n + 1); //", "n + 2); //", False),
        ("Use # here.", "here", "there", False),
        (f"See this:\n{C_CODE}", "See this", "See that", False),
    ],
)
def test_a_change_of_comments_alone_is_seen(response: str, old: str, new: str, only: bool) -> None:
    assert old in response
    assert only_comments(response, response.replace(old, new)) is only
