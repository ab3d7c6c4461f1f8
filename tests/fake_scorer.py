"""Stands in for `seapo_cli.training.score`: the mean is minus the answer's length."""

import json
import sys

for line in sys.stdin:
    answers = json.loads(line)["answers"]
    if "quit" in answers:
        sys.exit(1)
    long = any(len(answer) > 50 for answer in answers)
    found = {"error": "too long"} if long else {"means": [-len(answer) for answer in answers]}
    print(json.dumps(found), flush=True)
