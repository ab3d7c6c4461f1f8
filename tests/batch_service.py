"""A batch service over an endpoint: what OpenAI's batches and `vllm run-batch` do with requests.

python tests/batch_service.py run-batch --model NAME -i REQUESTS -o RESULTS
"""

from __future__ import annotations

import argparse
import json
import os
import random
import urllib.error
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def answer_all(base_url: str, requests: Iterable[Path], results: Path) -> None:
    """Answer every request, in any order."""
    entries = [json.loads(line) for path in requests for line in path.read_bytes().splitlines()]
    random.Random(1).shuffle(entries)
    with results.open("w") as file:
        for entry in entries:
            response = {"request_id": "r", **post(base_url, entry["body"])}
            done = {"id": "b", "custom_id": entry["custom_id"], "response": response, "error": None}
            file.write(json.dumps(done) + "\n")


def post(base_url: str, body: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(
        f"{base_url}/chat/completions",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request) as reply:
            return {"status_code": 200, "body": json.load(reply)}
    except urllib.error.HTTPError as error:
        return {"status_code": error.code, "body": json.load(error)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=["run-batch"])
    parser.add_argument("--model", required=True)
    parser.add_argument("-i", dest="requests", type=Path, required=True)
    parser.add_argument("-o", dest="results", type=Path, required=True)
    given = parser.parse_args()
    answer_all(os.environ["OPENAI_BASE_URL"], [given.requests], given.results)


if __name__ == "__main__":
    main()
