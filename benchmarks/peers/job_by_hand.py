"""What one would write: the openai SDK, a semaphore, a line as soon as an answer is there.

python job_by_hand.py REQUESTS.jsonl OUTPUT.jsonl BASE_URL IN_FLIGHT
"""

import asyncio
import json
import sys
from pathlib import Path

from openai import AsyncOpenAI


async def run(rows, file, url, in_flight):
    client, slots, failed = AsyncOpenAI(base_url=url), asyncio.Semaphore(in_flight), []

    async def rewrite(row):
        async with slots:
            try:
                answer = await client.chat.completions.create(
                    model="mock",
                    messages=[{"role": "user", "content": row["request"]}],
                    temperature=0,
                    max_tokens=row["max_tokens"],
                )
                line = {"id": row["id"], "negative": answer.choices[0].message.content}
            except Exception as error:
                failed.append(row["id"])
                print(row["id"], error, file=sys.stderr)
                return
            file.write(json.dumps(line) + "\n")
            file.flush()

    await asyncio.gather(*map(rewrite, rows))
    return len(failed)


def main():
    requests, output, url, in_flight = sys.argv[1:]
    rows = [json.loads(line) for line in Path(requests).read_text().splitlines()]
    with Path(output).open("a+") as file:
        file.seek(0)
        done = {json.loads(line)["id"] for line in file}
        left = [row for row in rows if row["id"] not in done]
        sys.exit(1 if asyncio.run(run(left, file, url, int(in_flight))) else 0)


if __name__ == "__main__":
    main()
