"""Stands in for the programs that score: a word has minus its length, in nats or as a reward.

What it is asked goes to the file ASKED, a line for each question. A question that holds "quit"
ends it; one that holds "endless" cannot be scored; "hang" has no answer in time.
"""

import json
import os
import sys
import time
from pathlib import Path

model = sys.argv[sys.argv.index("--model") + 1]
scale = 2.0 if "sharp" in model else 1.0
for line in sys.stdin:
    found = []
    for question in json.loads(line):
        text = json.dumps(question)
        if "quit" in text:
            sys.exit(1)
        with Path(os.environ["ASKED"]).open("a") as log:
            log.write(text + "\n")
        if "hang" in text:
            time.sleep(600)
        if "endless" in text:
            found.append({"error": "too long"})
            continue
        words = [answer.split() for answer in question["answers"]]
        sums = [-scale * sum(map(len, answer)) for answer in words]
        found.append({"sums": sums, "rewards": sums, "tokens": list(map(len, words))})
    print(json.dumps(found), flush=True)
