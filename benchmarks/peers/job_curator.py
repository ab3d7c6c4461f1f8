"""The job in Bespoke Curator: an `LLM` with a prompt and a parser, with its cache.

    python job_curator.py REQUESTS.jsonl OUTPUT.jsonl BASE_URL IN_FLIGHT

Its limits by the minute are guesses where a server tells none, and low ones: they are lifted. The
tokenizer that it counts with comes off the network; litellm, which it needs anyway, has a copy.
"""

import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path

_LITELLM = Path(find_spec("litellm").origin).parent
os.environ["TIKTOKEN_CACHE_DIR"] = str(_LITELLM / "litellm_core_utils" / "tokenizers")

from bespokelabs import curator  # noqa: E402
from datasets import Dataset  # noqa: E402


class Rewriter(curator.LLM):
    def prompt(self, row):
        return row["request"]

    def parse(self, row, response):
        return {"id": row["id"], "negative": response}


def main():
    requests, output, url, in_flight = sys.argv[1:]
    rows = [json.loads(line) for line in Path(requests).read_text().splitlines()]
    rewriter = Rewriter(
        model_name="mock",
        backend="openai",
        backend_params={
            "base_url": url,
            "max_concurrent_requests": int(in_flight),
            "max_requests_per_minute": 1_000_000,
            "max_tokens_per_minute": 1_000_000_000,
        },
        generation_params={
            "temperature": 0.0,
            "max_tokens": max(row["max_tokens"] for row in rows),
        },
    )
    made = rewriter(Dataset.from_list(rows)).dataset
    with Path(output).open("w") as file:
        file.writelines(json.dumps(row) + "\n" for row in made)


if __name__ == "__main__":
    main()
