"""Show negatives as a person would read them: python examples/show.py FILE.jsonl"""

import json
import sys
from pathlib import Path


def marked(row: dict) -> str:
    """The answer with each edit as [-original-]{+replacement+}."""
    text, out, position = row["response"], [], 0
    for edit in row["error"]["edits"]:
        out.append(text[position : edit["start"]])
        out.append(f"[-{edit['original']}-]" if edit["original"] else "")
        out.append("{+" + edit["replacement"] + "+}")
        position = edit["end"]
    return "".join([*out, text[position:]])


def question(prompt: str | list) -> str:
    return prompt if isinstance(prompt, str) else prompt[-1]["content"]


seen = None
for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines():
    row = json.loads(line)
    if row["id"] != seen:
        seen = row["id"]
        print(f"\n=== {question(row['prompt'])}")
    print(f"--- {row['error']['type']}\n{marked(row)}")
