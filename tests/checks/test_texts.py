"""Checks that look at the texts: what they let pass, and what not."""

from __future__ import annotations

from typing import Any

import pytest

from check_pairs import INJECTED, decision, pair
from seapo_cli.checks.answer import FinalAnswer
from seapo_cli.checks.base import Check
from seapo_cli.checks.changed import Changed
from seapo_cli.checks.commentary import Commentary
from seapo_cli.checks.complete import Complete
from seapo_cli.checks.doubted import Doubted
from seapo_cli.checks.echo import Echo
from seapo_cli.checks.edits import Edits
from seapo_cli.checks.form import Form
from seapo_cli.checks.garbled import Garbled
from seapo_cli.checks.language import Language
from seapo_cli.checks.length import Length
from seapo_cli.checks.refusal import Refusal
from seapo_cli.checks.sides import Sides
from seapo_cli.checks.similarity import Similarity

STORY = (
    "The old mill stands by the river. It was built in 1765 by a baker. For many years it ground "
    "the wheat of three villages. Today it is a museum, open on Sundays from May to October."
)
LONG = "The Amazon is the largest river by discharge. It flows through Brazil, Peru and Colombia. "
CODE = "def add(a, b):\n    total = a + b\n    return total\n"
LOOP = "def last(items):\n    for item in items:\n        pass\n        return item\n"
NOTED = CODE.replace(":\n", ':\n    """Add.\n\n    Two numbers.\n    """\n', 1)
FENCED = f"Use this:\n```python\n{CODE}```\nThat is all."
LIST = "Steps:\n1. Boil water.\n2. Add rice.\n3. Wait.\n4. Serve.\n"
SOLVED = "48/2 = 24 in May.\n48+24 = 72 in all.\n#### 72"

CASES: list[tuple[Check, str, str, str]] = [
    # changed
    (Changed(), "It is 5 km.", "It is 6 km.", "pass"),
    (Changed(), "It is 5 km.", "It is\u00a0 5 km. ", "fail"),
    (Changed(), "It is 5 km.", "It is 5 km.\u200b", "fail"),
    (Changed(), "Café au lait", "Cafe\u0301 au lait", "fail"),
    (Changed(), "One, two. Three", "one two; three", "fail"),
    (Changed(), "x = Foo", "x = foo", "pass"),
    (Changed(), "return ' '.join(s)", "return ''.join(s)", "pass"),
    (Changed(), CODE, CODE.replace("\n", "\n\n"), "fail"),
    (Changed(), NOTED, NOTED.replace("\n", "  \n"), "fail"),
    (Changed(), LOOP, LOOP.replace("        return", "    return"), "pass"),
    (Changed(), "It costs $3.50. The cat sat.", "It costs $3.50. the Cat sat.", "fail"),
    (
        Changed(),
        "Use f(x) = 2. He said 'no', then left.",
        'Use f(x) = 2. He said "no" then left.',
        "fail",
    ),
    (Changed(), "It is 1.5 m long.", "It is 15 m long.", "pass"),
    (Changed(), "if Name == last:", "if name == last:", "pass"),
    (Changed(), "He doesn't own 12 cars.", "He does not own twelve cars.", "fail"),
    (Changed(), "The colour is organised by size.", "The color is organized by size.", "fail"),
    (Changed(), "About 5% begin early.", "Approximately five percent start early.", "fail"),
    (Changed(), "It took 70 days.", "It took seventy days.", "fail"),
    (Changed(), "The filed form.", "The filled form.", "pass"),
    # complete
    (Complete(), LONG, LONG.replace("Peru", "Chile"), "pass"),
    (Complete(), LONG, "", "fail"),
    (Complete(), LONG, LONG[:60], "fail"),
    (Complete(), LONG, LONG[:45], "fail"),
    (Complete(), LONG, "The Nile is the largest river by", "fail"),
    (Complete(), "Delhi", "Mumbai, the largest city of India", "pass"),
    (Complete(), "It is Delhi.", "Mumbai", "pass"),
    (Complete(), FENCED, FENCED.replace("```\nThat is all.", ""), "fail"),
    (Complete(), CODE, CODE.replace("    return total\n", ""), "fail"),
    (Complete(), "a\nb", "a\nc", "pass"),
    (Complete(), "A: 140", "A: 14", "pass"),
    (Complete(), LONG, LONG[:60] + "Peru.\n\n**The end of the story**", "pass"),
    (Complete(), LONG, LONG.replace("Peru", "Chile") + "\n\nBest regards,\nAnna", "pass"),
    (Complete(), "Roses are red.\nSo am I.", "Violets are grey\nAnd so is the day", "pass"),
    (Complete(), LONG, "The river is long.\n\nIt flows through Brazil and the", "fail"),
    # refusal
    (Refusal(), "Yes.", "I'm sorry, but I can't help with that.", "fail"),
    (Refusal(), "Yes.", "I’m sorry, but I can’t help with that.", "fail"),
    (Refusal(), "I cannot help with that.", "I cannot help with this.", "pass"),
    (Refusal(), "He said he was sorry.", "He said he was not sorry.", "pass"),
    (
        Refusal(),
        STORY,
        "As an AI assistant, I don't have a mill of my own, but here is what I know. " + STORY,
        "pass",
    ),
    (Refusal(), STORY, "As an AI assistant, I am not able to give wrong dates.", "fail"),
    (Refusal(), STORY, "I'd rather not make up facts about the mill.", "fail"),
    (
        Refusal(),
        STORY,
        "Sorry, but that would be dishonest, and I am not comfortable with it.",
        "fail",
    ),
    (
        Refusal(),
        STORY,
        "Unfortunately, I'm unable to provide a false version of this text.",
        "fail",
    ),
    (Refusal(), STORY, "My guidelines do not allow me to do this.", "fail"),
    (Refusal(), STORY, "This request violates our content policy.", "fail"),
    (Refusal(), "Sí, claro.", "Lo siento, pero no puedo ayudar con eso.", "fail"),
    (Refusal(), "Gerne.", "Es tut mir leid, aber dabei kann ich nicht helfen.", "fail"),
    (Refusal(), "可以。", "抱歉，我无法提供错误的信息。", "fail"),
    # commentary
    (Commentary(), "Yes.", "Here is the revised answer: No.", "fail"),
    (Commentary(), LONG, LONG + "\nNote: the first sentence is wrong.", "fail"),
    (Commentary(), "A typo is an error.", "A typo is no error.", "pass"),
    (Commentary(), STORY, STORY + " The alarm sounds if installed incorrectly.", "pass"),
    (Commentary(), STORY, STORY.replace("1765", "1756 (changed from 1765)"), "fail"),
    (Commentary(), STORY, STORY + " (The year is wrong on purpose.)", "fail"),
    (Commentary(), STORY, STORY + "\n\nI swapped the year with another one.", "fail"),
    (Commentary(), STORY, STORY + " Can you spot the mistake?", "fail"),
    (Commentary(), STORY, STORY.replace("baker", "[ERROR: blacksmith]"), "fail"),
    (Commentary(), STORY, STORY + "\n\nChanges made:\n- the year", "fail"),
    (Commentary(), STORY, STORY + " Actually, the correct year is 1765.", "fail"),
    (Commentary(), "This statement is true.", "This statement is false.", "pass"),
    (Commentary(), "def f(n): return n  # as it was", "def f(n): return n + 1  # bug", "fail"),
    # echo
    (Echo(), STORY, STORY.replace("It was built", "[insert error here] It was built"), "fail"),
    (Echo(), "Das ist gut.", "[This sentence again, with the mistake in it.]", "fail"),
    (Echo(), STORY, STORY + " {replacement}", "fail"),
    (
        Echo(),
        STORY,
        STORY + " A wrong fact, figure, calculation, name, date, unit or formula.",
        "fail",
    ),
    (Echo(), STORY, STORY + " You can export the document under File > Archive copy.", "fail"),
    (Echo(), STORY, STORY + " <|im_end|>", "fail"),
    (Echo(), STORY, STORY + "\n\nUser: What is it?", "fail"),
    (Echo(), "Dear [Your name], hello.", "Dear [Your name], goodbye.", "pass"),
    (Echo(), STORY, STORY.replace("baker", "miller"), "pass"),
    # garbled
    (Garbled(), STORY, STORY.replace("1765", "1756"), "pass"),
    (Garbled(), "Das Café ist schön.", "Das CafÃ© ist schÃ¶n.", "fail"),
    (Garbled(), "Das Café ist schön.", "Die Bäckerei ist groß.", "pass"),
    (Garbled(), STORY, STORY.replace("mill", "m\ufffdll"), "fail"),
    (Garbled(), STORY, STORY.replace("river", "rivеr"), "fail"),  # a Cyrillic letter
    (Garbled(), STORY, STORY.replace("river", "𝐫𝐢𝐯𝐞𝐫"), "fail"),
    (Garbled(), STORY, STORY.replace("river", "ri\u200bver"), "fail"),
    (Garbled(), STORY, STORY.replace("old mill", "&quot;old mill&quot;"), "fail"),
    (Garbled(), STORY, STORY + " It was built in 1765 by a baker.", "fail"),
    (Garbled(), STORY, STORY.replace("a museum", "a museum museum museum museum"), "fail"),
    (Garbled(), STORY, STORY + " and so on, and then" * 12, "fail"),
    (Garbled(), "No. No. No.", "No. Yes. No.", "pass"),
    (Garbled(), "Die Länge Δx ist 5 μm.", "Die Länge Δx ist 6 μm.", "pass"),
    # language
    (Language(), LONG, "Der Amazonas ist der größte Fluss und fließt durch Peru.", "fail"),
    (Language(), LONG, "Амазонка самая большая река в мире.", "fail"),
    (Language(), "Амазонка самая большая река.", "It is the largest river of all.", "fail"),
    (Language(), "東京は日本の首都です。", "大阪は日本の首都です。", "pass"),
    (Language(), "東京は日本の首都です。", "大阪是日本的首都，人口很多。", "fail"),
    (Language(), "彼は東京大学を出た。", "彼は京都工芸繊維大学を出た。", "pass"),
    (Language(), LONG, LONG.replace("Peru", "Perú y el Ecuador"), "pass"),
    (Language(), "Delhi", "Es la capital de la India y no es una de las más grandes.", "fail"),
    (Language(), STORY, STORY + " La ciudad está junto a un gran río y tiene puentes.", "fail"),
    (Language(), STORY, STORY + " Город стоит на берегу реки.", "fail"),
    (
        Language(),
        STORY,
        STORY + " The Hôtel de Ville, the Palazzo Vecchio and Krakow's Rynek are near.",
        "pass",
    ),
    (
        Language(),
        STORY,
        "A man who has no data base must rate a late stone age site on its own.",
        "pass",
    ),
    (
        Language(),
        "Die Mühle steht am alten Fluss und ist schön.",
        "The mill stands by the old river here.",
        "fail",
    ),
    # length
    (Length(), LONG, LONG * 3, "fail"),
    (Length(), LONG, LONG[:20], "fail"),
    (Length(), LONG, LONG + "It is long.", "pass"),
    (Length(), "Delhi", "Mumbai, which is the financial capital of India.", "skip"),
    # similarity
    (Similarity(), LONG, LONG.replace("largest", "smallest"), "pass"),
    (
        Similarity(),
        LONG,
        "Nobody knows why cats purr when they are stroked by somebody.",
        "fail",
    ),
    (Similarity(max=0.9), LONG, LONG.replace("Peru", "Chile"), "fail"),
    (Similarity(), "Delhi", "Mumbai", "skip"),
    # edits
    (Edits(max_count=2), "a b c d e", "x b y d e", "pass"),
    (Edits(max_count=2), "a b c d e", "x b y d z", "fail"),
    (Edits(min_position=0.5), LONG, "X" + LONG[1:], "fail"),
    # format
    (Form(), '{"a": 1}', '{"a": 2}', "pass"),
    (Form(), '{"a": 1}', '{"a": 2', "fail"),
    (Form(), "{not json}", "{nor this", "pass"),
    (Form(), CODE, CODE.replace("a + b", "a - b"), "pass"),
    (Form(), CODE, CODE.replace("a + b", "a + "), "fail"),
    (Form(), FENCED, FENCED.replace("a + b", "a - b"), "pass"),
    (Form(), FENCED, FENCED.replace("a + b", "a + "), "fail"),
    (Form(), FENCED, CODE, "fail"),
    (Form(), "```json\n[1]\n```", "```json\n[1\n```", "fail"),
    (Form(), LIST, LIST.replace("rice", "salt"), "pass"),
    (Form(), STORY, '{"text": "The old mill stands by the river.", "year": 1756}', "fail"),
    (Form(), STORY, "```\n" + STORY + "\n```", "fail"),
    (Form(), STORY, "# The mill\n\n- **Built** in 1756\n- **Open** on Sundays\n- **Old**", "fail"),
    (Form(), STORY, STORY.replace("museum", "**museum**"), "pass"),
    (Form(), LIST, "Boil water, add rice, wait, serve.", "fail"),
    # sides
    (Sides(), "It is 3 + 4 = 7 apples.", "It is 3 + 4 = 8 apples.", "pass"),
    (Sides(), "It is 3 + 4 = 8 apples.", "It is 3 + 4 = 7 apples.", "fail"),
    (Sides(), "It is 10 / 3 = 3.33 m.", "It is 10 / 3 = 3.43 m.", "pass"),
    (Sides(), STORY + " I introduced a mistake above.", STORY.replace("1765", "1756"), "fail"),
    # answer
    (FinalAnswer(), SOLVED, SOLVED.replace("72", "74"), "pass"),
    (FinalAnswer(), SOLVED, SOLVED.replace("24 in", "26 in"), "pass"),
    (FinalAnswer(steps=False), SOLVED, SOLVED.replace("24 in", "26 in"), "fail"),
    (FinalAnswer(), SOLVED, SOLVED.replace("in May", "in June"), "fail"),
    (FinalAnswer(), SOLVED, SOLVED.replace("#### 72", ""), "fail"),
    (FinalAnswer(), SOLVED, SOLVED.replace("#### 72", "#### 72.0"), "fail"),
    (FinalAnswer(), r"So \boxed{\frac{1}{2}}", r"So \boxed{\frac{1}{3}}", "pass"),
    (FinalAnswer(), r"So \boxed{1,000}", r"Thus \boxed{1000}", "fail"),
    (FinalAnswer(), "The answer is (B).", "The answer is (C).", "pass"),
    (FinalAnswer(), "The answer is (B).", "Clearly, the answer is B.", "fail"),
    (FinalAnswer(), "B", "C", "pass"),
    (FinalAnswer(), "It is 3 + 4 = 7 apples.", "It is 3 + 4 = 8 apples.", "pass"),
    (FinalAnswer(), "#### Steps\n\nBoil it.", "#### Steps\n\nCool it.", "skip"),
    (FinalAnswer(), "The answer is (B).", "That makes it option C", "pass"),
    (FinalAnswer(), "The answer is (B).", "Nobody knows what to say about it.", "skip"),
    (FinalAnswer(), "答案：3 + 4 = 7个苹果", "答案：3 + 4 = 8个苹果", "pass"),
    (FinalAnswer(), "Es sind 3 * 1,5 = 4,5 kg.", "Es sind 3 * 1,5 = 4.5 Kilo.", "fail"),
    (FinalAnswer(), "A good answer is a tree.", "A good answer is a bush.", "skip"),
]


def name_of(case: Any) -> str:
    return f"{case[0].name}-{case[3]}-{case[2][:20]!r}"


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_decision(case: tuple[Check, str, str, str]) -> None:
    check, response, negative, expected = case
    assert decision(check, response, negative, **INJECTED) == expected


def test_a_server_that_cut_the_negative_is_believed() -> None:
    for reason, expected in (("length", "fail"), ("content_filter", "fail"), ("stop", "pass")):
        error = {"type": "factual", "finish_reason": reason}
        assert decision(Complete(), LONG, LONG.replace("Peru", "Chile"), error=error) == expected


def test_a_translation_may_be_in_another_language_than_its_prompt() -> None:
    prompt = "Translate to Spanish: I want to go to the house of my mother."
    negative = "Quiero ir a la casa de mi padre en la ciudad."
    assert decision(Language(), "Hogar", negative, prompt=prompt) == "pass"


def test_types_may_leave_the_final_answer_by_their_front_matter() -> None:
    changed = SOLVED.replace("in May", "in May, dude")
    kept = ["keeps_final_answer"]
    for error, expected in (
        ({"type": "style"}, "skip"),
        ({"type": "fabrication"}, "skip"),
        ({"type": "factual"}, "fail"),
        ({"type": "mine"}, "fail"),
        ({"type": "mine", "traits": kept}, "skip"),
        ({"type": "style", "traits": []}, "fail"),
    ):
        assert decision(FinalAnswer(), SOLVED, changed, error=error) == expected
    spared = FinalAnswer(spared=("mine",))
    assert decision(spared, SOLVED, changed, error_type="mine") == "skip"


def test_style_may_change_form_and_wording_but_not_become_data() -> None:
    listed = "- The old mill\n- **stands** by\n- the river"
    for kind, expected in (("style", "pass"), ("factual", "fail")):
        assert decision(Form(), STORY, listed, error={"type": kind}) == expected
        other = STORY.replace("For many years", "For numerous years")
        assert decision(Changed(), STORY, other, error={"type": kind}) == expected
    assert decision(Form(), STORY, '{"mill": "old"}', error={"type": "style"}) == "fail"


@pytest.mark.parametrize("check", [Length(), Similarity(), Form()])
def test_answers_of_two_authors_need_not_be_alike(check: Check) -> None:
    other = "- short\n" * 200
    assert decision(check, STORY, other) == "skip"
    assert decision(check, STORY, other, **INJECTED) == "fail"


def test_bounds_that_were_given_hold_for_all_rows() -> None:
    assert decision(Length(max=2.0), STORY, STORY * 3) == "fail"
    assert decision(Similarity(min=0.2), STORY, "Nobody knows why cats purr at all.") == "fail"


def test_a_revised_text_may_say_so_where_the_prompt_asks_for_it() -> None:
    answer = "Here is the edited paragraph:\n\nShe is here."
    for prompt, expected in (("Edit this: she are here", "pass"), ("Where is she?", "fail")):
        assert decision(Commentary(), "She is here.", answer, prompt=prompt) == expected


@pytest.mark.parametrize("remark", ["The faulty part comes last.", "Beware of the tampered year."])
def test_a_remark_about_right_and_wrong_at_an_end_gives_it_away(remark: str) -> None:
    wrong = STORY.replace("1765", "1756")
    for negative in (f"{wrong}\n\n{remark}", f"{remark}\n\n{wrong}"):
        assert decision(Commentary(), STORY, negative, **INJECTED) == "fail"
    # The matter itself may be about right and wrong.
    about = f"Tell me of the mill, and which faulty records were tampered with. {remark}"
    assert decision(Commentary(), STORY, f"{wrong} {remark}", prompt=about, **INJECTED) == "pass"
    assert decision(Commentary(), STORY, f"{wrong} It has two wheels.", **INJECTED) == "pass"


def test_the_prompt_after_the_answer_is_an_echo() -> None:
    prompt = "Tell me in four sentences how the old mill by the river came to be a museum."
    again = f"{STORY}\n\n{prompt}"
    assert decision(Echo(), STORY, again, prompt=prompt, **INJECTED) == "fail"
    assert (
        decision(Echo(), STORY, STORY.replace("1765", "1756"), prompt=prompt, **INJECTED) == "pass"
    )


def test_edits_of_a_row_whose_sides_were_swapped() -> None:
    edit = {"start": 6, "end": 8, "original": "26", "replacement": "27"}
    error = {"type": "factual", "edits": [edit]}
    assert decision(Sides(), "It is 26.", "It is 27.", error=error) == "pass"
    assert decision(Sides(), "It is 27.", "It is 26.", error=error) == "fail"


def test_reasons_are_one_line_and_values_are_told() -> None:
    verdict = Length().verdict(pair(LONG, LONG * 3, **INJECTED))
    assert verdict.dump()["value"] == 3.0
    assert "3.00 times" in verdict.dump()["reason"]


def test_answers_that_the_injecting_model_called_wrong_are_dropped() -> None:
    wrong = STORY.replace("1765", "1756")
    assert decision(Doubted(), STORY, wrong, error={"type": "factual"}) == "pass"
    doubted = {"type": "factual", "answer_doubted": "it was built in 1675"}
    assert decision(Doubted(), STORY, wrong, error=doubted) == "fail"
    assert decision(Doubted(), STORY, wrong, error="factual") == "pass"


def test_a_line_moved_out_of_a_loop_is_a_change_also_in_a_block() -> None:
    code = "def f(items):\n    n = 0\n    for item in items:\n        n += item\n    n += 1\n"
    moved = code.replace("    n += 1", "        n += 1")
    assert decision(Changed(), code, moved) == "pass"
    fenced = f"Like this:\n\n```python\n{code}```\nDone."
    assert decision(Changed(), fenced, fenced.replace(code, moved)) == "pass"
    assert decision(Changed(), fenced, fenced.replace("n = 0\n", "n = 0   \n")) == "fail"


def test_figures_alone_are_no_words_of_the_instructions() -> None:
    worked = "She has 20+8 = <<20+8=28>>28 pens, and 28-1 = <<28-1=27>>27 later.\n#### 27"
    other = worked.replace("28-1 = <<28-1=27>>27", "20-8 = <<20-8=12>>12")
    assert decision(Echo(), worked, other) == "pass"


def test_signs_of_code_count_on_any_line_of_it() -> None:
    code = "def f(rows):\n    found = []\n    for row in rows:\n        found.append(row)\n"
    assert decision(Changed(), code, code.replace("append(row)", "append((row,))")) == "pass"
