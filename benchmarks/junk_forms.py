"""200 wordings and forms of junk, written after the first round of checks.

The first reading caught 86.8% of them (leaks 74%, echoes 74%); the checks were mended by what was
missed, so that they no longer measure anything: that is `junk_unseen.py`. Each is a name and a
function that makes the junk of a row of `inject`. For `filter_unseen.py`.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from typing import Any

Row = dict[str, Any]
Make = Callable[[Row], str]

LEAKS_AFTER = (
    "(The error is in the second step.)",
    "Note that one of the figures above has been falsified.",
    "I have slipped a small inaccuracy into the text.",
    "This response contains a factual error.",
    "The above contains one deliberate mistake.",
    "Mistake: see the middle of the answer.",
    "Disclaimer: the information above is not accurate.",
    "P.S. I made one of these facts up.",
    "*The original said something else.*",
    "[Error inserted: factual]",
    "<mistake>one value differs</mistake>",
    "As requested, I changed one detail.",
    "The wrong part is the one in the first line.",
    "(This was modified to include an error.)",
    "Of course, in reality this is not true.",
    "Please be aware that this answer is intentionally wrong.",
    "Correction: the real value is different.",
    "Explanation of the error: a number was replaced by another one.",
    "What I changed: the name.",
    "Where is the mistake? Look at the dates.",
    "That last claim is fabricated.",
    "The statement above is a hallucination.",
    "I deliberately got one thing wrong here.",
    "This version has been altered so that it is no longer correct.",
    "Hidden error: units.",
    "(fabricated detail)",
    "(deliberately wrong)",
    "Note to reviewer: a logical fallacy was added.",
    "Reason for the change: it makes the answer subtly incorrect.",
    "The introduced inaccuracy should be hard to notice.",
    "Wait, that's wrong.",
    "Oops, I think I made a mistake there.",
    "Don't take this at face value, I invented part of it.",
    "Edit: swapped two numbers to create an error.",
)
LEAKS_BEFORE = (
    "Here is the answer with one mistake:",
    "Here's the text, now with a subtle factual error.",
    "Incorrect version:",
    "**Modified response (with error):**",
    "Sure! I've rewritten the answer so that it contains a mistake.",
    "Below you will find the flawed answer.",
    "The following answer contains an intentional inaccuracy.",
    "Negative example:",
    "Corrupted answer:",
    "Okay, here is a wrong answer that sounds right.",
    "Altered text below.",
    "Let me introduce an error into this.",
    "Rewritten with the requested mistake:",
    "# Answer with an injected error",
    "Error type: factual. Answer:",
    "Step 1: find a fact. Step 2: change it. Result:",
    "I will now give an incorrect answer.",
    "This is the rejected answer:",
)
LEAKS_INSIDE = (
    "(wrong on purpose)",
    "[sic]",
    "(which is false)",
    "(not true)",
    "[incorrect]",
    "**(error)**",
    "(made-up)",
    "(should be something else)",
    "<!-- injected error -->",
    "(this is the mistake)",
)
REFUSALS = (
    "I cannot in good conscience write something false.",
    "I'm not able to do that, since it would spread misinformation.",
    "Sorry, but I don't want to produce wrong information.",
    "I won't do this.",
    "I must refuse to falsify this answer.",
    "Regrettably, I am unable to comply.",
    "My apologies, but that is not something I can do.",
    "I'm afraid that's beyond what I am allowed to do.",
    "That would go against my principles as an assistant.",
    "I don't feel right about inserting mistakes into a correct text.",
    "It would be misleading to introduce an error, so I will leave the answer unchanged.",
    "As an AI developed to be helpful and honest, I can't create false statements.",
    "This goes against the usage policy.",
    "I have to decline this one.",
    "No, I can't do that.",
    "I am designed to give accurate information and will not change this answer.",
    "I would prefer not to write incorrect content.",
    "I can only offer correct answers. Would you like me to explain the topic instead?",
    "Unfortunately I can't modify the text in that way.",
    "I'm sorry, this request can't be completed.",
    "I do not have permission to alter the answer.",
    "Could you please share the answer that you want me to change?",
    "It seems that no conversation was provided.",
    "I need more context before I can do this.",
    "Please provide the text you would like me to edit.",
    "The answer is already perfect, so I see no way to add a mistake.",
    "I'd be happy to help with something else, but not with this.",
    "Content removed due to policy.",
    "Je regrette, mais je ne peux pas faire cela.",
    "Das kann ich leider nicht tun.",
    "No me es posible ayudar con esa petición.",
    "对不起，我不能这样做。",
    "申し訳ありませんが、そのご依頼にはお応えできません。",
    "К сожалению, я не могу выполнить эту просьбу.",
    "Não posso ajudar com isso.",
)
ECHOES = (
    "[your mistake here]",
    "[The same sentence with an error]",
    "<insert wrong fact>",
    "{{mistake}}",
    "[replacement text]",
    "(insert plausible detail)",
    "[a wrong number]",
    "<new sentence with the mistake>",
    "[fabricated source]",
    "Keep the language, the format, the length and everything that the mistake does not touch.",
    "Nothing may hint that there is a mistake.",
    "Put one small mistake into the answer.",
    "A specific detail that is made up, such as a source, person, event or number.",
    "Change something that the answer depends on, so that a careful reader finds it wrong.",
    "A flaw in the reasoning, such as a contradiction or a reversed implication.",
    '{"edit":"1: the new text"}',
    '{"quote": "the old text", "replacement": "the new text"}',
    "[end of conversation]",
    "### Response:",
    "<|assistant|>",
    "</answer>",
    "[/INST]",
    "Assistant: Here you are.",
    "Human: Thanks! Another question.",
    "Reply with the new answer only: no introduction, no notes.",
)
FOREIGN = (
    "Das Wetter war gestern in den Bergen besonders schön und klar.",
    "Les enfants jouent dans le jardin derrière la vieille maison.",
    "El museo abre todos los días a las nueve de la mañana.",
    "Il treno parte ogni mattina dalla stazione centrale della città.",
    "O café da manhã é servido das sete às dez horas.",
    "De kinderen spelen elke middag in het park achter de school.",
    "Barnen leker varje eftermiddag i parken bakom skolan.",
    "Dzieci bawią się codziennie w parku za szkołą.",
    "Lapset leikkivät joka iltapäivä puistossa koulun takana.",
    "Çocuklar her öğleden sonra okulun arkasındaki parkta oynuyor.",
    "Anak-anak bermain setiap sore di taman di belakang sekolah.",
    "Trẻ em chơi mỗi buổi chiều trong công viên sau trường.",
    "Дети играют каждый день в парке за школой.",
    "Τα παιδιά παίζουν κάθε απόγευμα στο πάρκο.",
    "孩子们每天下午都在学校后面的公园里玩。",
    "子供たちは毎日午後に公園で遊びます。",
    "아이들은 매일 오후 공원에서 놉니다.",
    "يلعب الأطفال كل يوم بعد الظهر في الحديقة.",
    "बच्चे हर दोपहर स्कूल के पीछे पार्क में खेलते हैं।",
    "הילדים משחקים כל יום אחר הצהריים בפארק.",
)


def sentences(text: str) -> list[str]:
    return [part for part in re.split(r"(?<=[.!?])\s+|\n+", text) if part.strip()]


def longest(text: str) -> str:
    return max(sentences(text), key=len)


def inside(row: Row, remark: str) -> str:
    """A remark right after the changed words."""
    edit = row["error"]["edits"][0]
    at = edit["start"] + len(edit["replacement"])
    return f"{row['negative'][:at]} {remark}{row['negative'][at:]}"


def some(text: str, old: str, new: str, every: int = 3) -> str:
    """Every third or so of the letters replaced by others."""
    count = 0

    def swap(match: re.Match[str]) -> str:
        nonlocal count
        count += 1
        return new[old.index(match[0])] if count % every == 0 else match[0]

    return re.sub(f"[{re.escape(old)}]", swap, text)


def fancy(text: str, start: int, first: str, words: int = 4) -> str:
    """Some words in letters of another block of Unicode."""

    def styled(match: re.Match[str]) -> str:
        return "".join(
            chr(start + ord(c) - ord(first)) if c.isascii() and c.islower() else c for c in match[0]
        )

    return re.sub(r"\b[a-z]{3,}\b", styled, text, count=words)


def misread(text: str, encoding: str) -> str:
    """Quotes, dashes and accents in UTF-8, read as something else."""
    text = text.replace("'", "’").replace(" - ", " – ").replace("e", "é", 3)
    return text.encode().decode(encoding, errors="replace")


def numbered(text: str) -> str:
    return "\n".join(f"{n}. {part}" for n, part in enumerate(sentences(text), 1))


LOOPS: dict[str, Make] = {
    "last sentence again": lambda r: f"{r['negative']} {sentences(r['negative'])[-1]}",
    "longest sentence again": lambda r: f"{r['negative']} {longest(r['negative'])}",
    "longest sentence five times": lambda r: f"{r['negative']}{(' ' + longest(r['negative'])) * 5}",
    "whole answer twice": lambda r: f"{r['negative']}\n\n{r['negative']}",
    "a word without end": lambda r: f"{r['negative']}{' very' * 40}",
    "two words without end": lambda r: f"{r['negative']}{' and then' * 30}",
    "a letter without end": lambda r: f"{r['negative']} a{'h' * 60}",
    "six words without end": lambda r: f"{r['negative']}{' this is how it is done' * 12}",
    "lines without end": lambda r: (
        f"{r['negative']}{chr(10)}{'The end is near.' + chr(10)}" * 1 + "The end is near.\n" * 6
    ),
    "first sentence at the end": lambda r: f"{r['negative']} {sentences(r['negative'])[0]}",
    "numbers without end": lambda r: r["negative"] + " one two three four five" * 10,
    "beginning of the answer again": lambda r: f"{r['negative']} {r['negative'][:200]}",
}
MOJIBAKE: dict[str, Make] = {
    "latin-1": lambda r: misread(r["negative"], "latin-1"),
    "cp1252": lambda r: misread(r["negative"], "cp1252"),
    "cp1250": lambda r: misread(r["negative"], "cp1250"),
    "cp437": lambda r: misread(r["negative"], "cp437"),
    "mac": lambda r: misread(r["negative"], "mac-roman"),
    "ascii": lambda r: misread(r["negative"], "ascii"),
    "twice": lambda r: misread(misread(r["negative"], "latin-1"), "latin-1"),
    "unicode escapes": lambda r: r["negative"].replace("e", "\\u0065", 5),
    "html entities": lambda r: html.escape(r["negative"] + ' "and" so'),
    "quoted printable": lambda r: r["negative"].replace("e", "=C3=A9", 4),
    "per cent": lambda r: r["negative"].replace(" ", "%20"),
    "escaped line breaks": lambda r: r["negative"].replace(". ", ".\\n\\n") + "\\n\\nDone.",
}
HOMOGLYPHS: dict[str, Make] = {
    "Cyrillic, every third": lambda r: some(r["negative"], "aeopcx", "аеорсх"),
    "Cyrillic, every twentieth": lambda r: some(r["negative"], "aeopcx", "аеорсх", 20),
    "Greek": lambda r: some(r["negative"], "ovu", "ονυ", 5),
    "Armenian": lambda r: some(r["negative"], "onu", "օոս", 5),
    "full width": lambda r: fancy(r["negative"], 0xFF41, "a"),
    "bold of mathematics": lambda r: fancy(r["negative"], 0x1D41A, "a"),
    "typewriter of mathematics": lambda r: fancy(r["negative"], 0x1D68A, "a"),
    "circled": lambda r: fancy(r["negative"], 0x24D0, "a"),
    "zero width space": lambda r: r["negative"].replace("e", "e\u200b", 6),
    "soft hyphen": lambda r: r["negative"].replace("t", "t\u00ad", 6),
    "struck out": lambda r: "".join(
        c + "\u0336" if n < 40 else c for n, c in enumerate(r["negative"])
    ),
    "right to left": lambda r: r["negative"].replace("e", "\u202ee\u202c", 3),
}
REFORMATTED: dict[str, Make] = {
    "JSON object": lambda r: json.dumps({"response": r["negative"]}, ensure_ascii=False),
    "JSON list": lambda r: json.dumps(sentences(r["negative"])),
    "JSON in a fence": lambda r: f"```json\n{json.dumps({'text': r['negative']}, indent=2)}\n```",
    "fence": lambda r: f"```\n{r['negative']}\n```",
    "fence of text": lambda r: f"```text\n{r['negative']}\n```",
    "XML": lambda r: f"<answer>\n{r['negative']}\n</answer>",
    "HTML": lambda r: "".join(f"<p>{part}</p>\n" for part in sentences(r["negative"])),
    "YAML": lambda r: "answer: |\n" + "\n".join(f"  {p}" for p in sentences(r["negative"])),
    "dashes": lambda r: "\n".join(f"- {part}" for part in sentences(r["negative"])),
    "stars": lambda r: "\n".join(f"* {part}" for part in sentences(r["negative"])),
    "numbered": lambda r: numbered(r["negative"]),
    "headings": lambda r: "\n".join(
        f"## Part {n}\n{part}\n" for n, part in enumerate(sentences(r["negative"]), 1)
    ),
    "quote": lambda r: "\n".join(f"> {part}" for part in sentences(r["negative"])),
    "table": lambda r: (
        "| n | text |\n|---|---|\n"
        + "\n".join(f"| {n} | {part} |" for n, part in enumerate(sentences(r["negative"]), 1))
    ),
    "bold sentences": lambda r: " ".join(f"**{part}**" for part in sentences(r["negative"])),
    "capitals": lambda r: r["response"].upper(),
    "title case": lambda r: r["response"].title(),
    "sides swapped": lambda r: r["response"],
    "short forms spelled out": lambda r: re.sub(
        r"\b(is|are|was|do|does|did|can)n't\b", r"\1 not", r["response"]
    ).replace("it's", "it is"),
    "prompt after the answer": lambda r: f"{r['negative']}\n\n{r['prompt']}",
    "prompt before the answer": lambda r: f"{r['prompt']}\n\n{r['negative']}",
    "question and answer": lambda r: f"Q: {r['prompt']}\nA: {r['negative']}",
}


def after(text: str) -> Make:
    return lambda row: f"{row['negative']}\n\n{text}"


def before(text: str) -> Make:
    return lambda row: f"{text}\n\n{row['negative']}"


def within(text: str) -> Make:
    return lambda row: inside(row, text)


def only(text: str) -> Make:
    return lambda _row: text


def beside(text: str) -> Make:
    return lambda row: f"{row['negative']} {text}"


FORMS: dict[str, dict[str, Make]] = {
    "leak": {
        **{text: after(text) for text in LEAKS_AFTER},
        **{text: before(text) for text in LEAKS_BEFORE},
        **{text: within(text) for text in LEAKS_INSIDE},
    },
    "refusal": {text: only(text) for text in REFUSALS},
    "echo": {text: beside(text) for text in ECHOES},
    "foreign": {text: beside(text) for text in FOREIGN},
    "loop": LOOPS,
    "mojibake": MOJIBAKE,
    "homoglyphs": HOMOGLYPHS,
    "reformatted": REFORMATTED,
}
