"""Have files of requests answered by OpenAI's batch service: python batches.py ROUND FILE...

Submits each FILE as a batch of its own, waits for all of them, and writes what came back to
results-ROUND-FILE (and failed requests to results-ROUND-errors-FILE), for `seapo --batch-in`.
The key comes from OPENAI_API_KEY, another service's address from OPENAI_BASE_URL.
"""

import os
import sys
import time
from pathlib import Path

from openai import OpenAI

PAUSE = float(os.environ.get("PAUSE", "60"))
ENDED = ("completed", "failed", "expired", "cancelled")

client = OpenAI()
prefix = f"results-{sys.argv[1]}"
batches = {}
for path in map(Path, sys.argv[2:]):
    with path.open("rb") as file:
        uploaded = client.files.create(file=file, purpose="batch")
    batch = client.batches.create(
        input_file_id=uploaded.id, endpoint="/v1/chat/completions", completion_window="24h"
    )
    batches[path.name] = batch.id
    print(f"{path}: {batch.id}", file=sys.stderr)
for name, batch_id in batches.items():
    while (batch := client.batches.retrieve(batch_id)).status not in ENDED:
        time.sleep(PAUSE)
    print(f"{name}: {batch.status}", file=sys.stderr)
    for target, file_id in (
        (f"{prefix}-{name}", batch.output_file_id),
        (f"{prefix}-errors-{name}", batch.error_file_id),
    ):
        if file_id:
            client.files.content(file_id).write_to_file(target)
