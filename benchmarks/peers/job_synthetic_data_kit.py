"""What comes closest in synthetic-data-kit: a "summary" of each text file, the prompt as the text.

    python job_synthetic_data_kit.py REQUESTS.jsonl OUTPUT.jsonl BASE_URL IN_FLIGHT

It reads one file after the other and has one request in flight, whatever IN_FLIGHT says.
"""

import json
import subprocess
import sys
from pathlib import Path

CONFIG = """\
llm: {provider: api-endpoint}
api-endpoint: {api_base: "URL", api_key: none, model: mock, max_retries: 3, retry_delay: 1.0}
generation: {temperature: 0.0, max_tokens: TOKENS}
prompts: {summary: "Follow the instructions."}
"""


def main():
    requests, output, url, _ = sys.argv[1:]
    rows = [json.loads(line) for line in Path(requests).read_text().splitlines()]
    texts = Path("texts")
    texts.mkdir(exist_ok=True)
    for row in rows:
        (texts / f"{row['id']}.txt").write_text(row["request"])
    most = max(row["max_tokens"] for row in rows)
    Path("config.yaml").write_text(CONFIG.replace("URL", url).replace("TOKENS", str(most)))
    tool = str(Path(sys.executable).with_name("synthetic-data-kit"))
    options = ["-c", "config.yaml", "create", "texts", "--type", "summary", "-o", "made"]
    code = subprocess.run([tool, *options]).returncode
    with Path(output).open("w") as file:
        for row in rows:
            made = Path("made") / f"{row['id']}_summary.json"
            if made.exists():
                line = {"id": row["id"], "negative": json.loads(made.read_text())["summary"]}
                file.write(json.dumps(line) + "\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
