"""The job in NeMo Data Designer: an LLM column over a seed data set, with resume.

    python job_data_designer.py REQUESTS.jsonl OUTPUT.jsonl BASE_URL IN_FLIGHT

It keeps what is done by groups of rows, 1000 by default: here 25, so that a run of 100 has some.
"""

import json
import sys
from pathlib import Path

import data_designer.config as dd
from data_designer.interface import DataDesigner, ResumeMode

GROUP = 25


def main() -> None:
    requests, output, url, in_flight = sys.argv[1:]
    rows = [json.loads(line) for line in Path(requests).read_text().splitlines()]
    provider = dd.ModelProvider(name="local", endpoint=url, api_key="OPENAI_API_KEY")
    model = dd.ModelConfig(
        alias="writer",
        model="mock",
        provider="local",
        inference_parameters=dd.ChatCompletionInferenceParams(
            temperature=0.0,
            max_tokens=max(row["max_tokens"] for row in rows),
            max_parallel_requests=int(in_flight),
        ),
    )
    builder = dd.DataDesignerConfigBuilder(model_configs=[model])
    builder.with_seed_dataset(dd.LocalFileSeedSource(path=requests))
    builder.add_column(
        dd.LLMTextColumnConfig(name="negative", prompt="{{ request }}", model_alias="writer")
    )
    designer = DataDesigner(artifact_path="artifacts", model_providers=[provider])
    designer.set_run_config(dd.RunConfig(buffer_size=GROUP, otel_metrics_port=None))
    made = designer.create(
        builder, num_records=len(rows), dataset_name="rewrite", resume=ResumeMode.IF_POSSIBLE
    )
    with Path(output).open("w") as file:
        for row in made.load_dataset().to_dict("records"):
            line = {"id": row["id"], "negative": row["negative"]}
            file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
