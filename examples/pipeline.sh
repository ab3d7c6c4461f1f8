#!/usr/bin/env bash
# From prompts to preference pairs in one pipe: examples/pipeline.sh [PROMPTS [PAIRS]]
# Rows that fail on the way are told on stderr; the others go on. Better models can do more types:
# SEAPO_BACKEND=auto SEAPO_MODEL=... SEAPO_ERROR_TYPE="factual hallucination style" examples/pipeline.sh
set -euo pipefail
here=$(dirname "$0")
prompts=${1:-$here/prompts.jsonl}
pairs=${2:-pairs.jsonl}
seapo=${SEAPO:-seapo}
export SEAPO_BACKEND=${SEAPO_BACKEND:-embedded}
export SEAPO_ERROR_TYPE=${SEAPO_ERROR_TYPE:-factual logical} # what the packaged model can do

$seapo sample "$prompts" --max-tokens 160 |
  $seapo inject |
  $seapo filter |
  $seapo pair -o "$pairs" --format trl-chat --provenance ||
  test $? -eq 3 # finished, with failed rows

echo "$pairs: look at them with: seapo show $pairs" >&2
