"""The job in distilabel: `TextGeneration` over a data set, with its cache.

    python job_distilabel.py REQUESTS.jsonl OUTPUT.jsonl BASE_URL IN_FLIGHT

A batch is sent at once and the next one after its slowest answer: a batch is what is in flight.
"""

import json
import sys
from pathlib import Path

from datasets import Dataset
from distilabel.models import OpenAILLM
from distilabel.pipeline import Pipeline
from distilabel.steps.tasks import TextGeneration


def main() -> None:
    requests, output, url, in_flight = sys.argv[1:]
    rows = [json.loads(line) for line in Path(requests).read_text().splitlines()]
    with Pipeline(name="rewrite") as pipeline:
        TextGeneration(
            name="rewrite",
            llm=OpenAILLM(
                model="mock",
                base_url=url,
                generation_kwargs={
                    "temperature": 0.0,
                    "max_new_tokens": max(row["max_tokens"] for row in rows),
                },
            ),
            input_batch_size=int(in_flight),
            input_mappings={"instruction": "request"},
        )
    made = pipeline.run(dataset=Dataset.from_list(rows), dataset_batch_size=int(in_flight))
    with Path(output).open("w") as file:
        for row in made["default"]["train"]:
            line = {"id": row["id"], "negative": row["generation"]}
            file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
