"""Answers as they come from people and models, for tests of what looks for places in them."""

from __future__ import annotations

STORY = (
    "Natalia sold 48/2 = <<48/2=24>>24 clips in May.\n"
    "Natalia sold 48+24 = <<48+24=72>>72 clips altogether in April and May.\n#### 72"
)
PROSE = (
    "The Amazon is the largest river by discharge. It rises in Peru and flows for 6,400 kilometers "
    "through Brazil.\n\nAlthough many rivers are longer in some years, none of them carries more "
    "water, because the basin usually gets about 2 meters of rain. It was first sailed by "
    "Francisco de Orellana in 1542. Therefore, it is the most important river of the continent."
)
PYTHON = (
    "def first_repeat(items, most):\n"
    '    """Find the first item that comes again (or -1) in 2 + 2 = 4 steps."""\n'
    "    seen = set()  # and nothing else\n"
    "    for i in range(len(items) - 1):\n"
    "        if items[i] in seen and i <= most:\n"
    "            return items[i]\n"
    "        seen.add(items[i])\n"
    "    return -1\n"
)
MARKDOWN = (
    "Sure! Here is how to do it:\n\n"
    "1. **Install** the package from https://example.org/v1.2/get-it:\n\n"
    "   ```bash\n   pip install some-package==1.2.3\n   ```\n\n"
    "2. Run the script `run_all.py` with 3 workers:\n\n"
    "```python\nfor i in range(3):\n    print('less than more', i + 1)\n```\n\n"
    "| size | price |\n|---|---|\n| small | $3 |\n| large | $5 |\n\n"
    "- It usually takes 5 minutes.\n- If it fails, write to help@example.org.\n\n"
    "Let me know if you have more questions!"
)
JSON = '```json\n{"name": "Ada", "born": 1815, "works": ["notes", "letters"], "ok": true}\n```'
C_CODE = (
    "```c\n#include <stdio.h>\nint main(void) {\n    int *p = NULL, n = 3 * 2; /* a + b */\n"
    '    printf("%d < %d\\n", n, n + 1); // print 1 - 2\n    return n > 5 && p == NULL;\n}\n```'
)
TABLE = "| year | people |\n|------|--------|\n| 1990 | 12,000 |\n| 2000 | 15,500 |"
CHINESE = "长江是中国最长的河流,全长约6300公里。它发源于青藏高原,在上海流入东海。因此,它非常重要。"
JAPANESE = "富士山は日本で一番高い山です。高さは3776メートルです。1707年に最後の噴火がありました。"
ARABIC = "نهر النيل هو أطول نهر في أفريقيا. يبلغ طوله حوالي 6650 كيلومترًا. هل تعرف ذلك؟"
RUSSIAN = "Волга — самая длинная река Европы. Её длина 3530 км. Поэтому она очень важна."
POLISH = (
    "Wisła jest najdłuższą rzeką w Polsce. Jej długość wynosi 1047 kilometrów. "
    "Przepływa przez Kraków i Warszawę, a potem wpada do Bałtyku."
)
EMOJI = "The cat sat 🐈 on the mat 👩‍👩‍👧 for 3 hours 🎉. It was happy 😀!"
FRAGMENTS = ("1889", "Guru Guru", "Yes.", "No", "-3", "😀", "…", "a", "東京", "?!", "x = 1")

ANSWERS = {
    "story": STORY,
    "prose": PROSE,
    "python": PYTHON,
    "markdown": MARKDOWN,
    "json": JSON,
    "c": C_CODE,
    "table": TABLE,
    "chinese": CHINESE,
    "japanese": JAPANESE,
    "arabic": ARABIC,
    "russian": RUSSIAN,
    "polish": POLISH,
    "emoji": EMOJI,
    **{f"fragment {text}": text for text in FRAGMENTS},
}
