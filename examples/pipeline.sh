#!/usr/bin/env bash
# From prompts to preference pairs in one pipe: examples/pipeline.sh [PROMPTS [PAIRS]]
# Rows that fail on the way are told on stderr; the others go on.
set -euo pipefail
here=$(dirname "$0")
prompts=${1:-$here/prompts.jsonl}
pairs=${2:-pairs.jsonl}
seapo=${SEAPO:-seapo}
export SEAPO_BACKEND=${SEAPO_BACKEND:-embedded}

$seapo sample "$prompts" --max-tokens 160 |
  $seapo inject -t factual -t logical -t hallucination -t style |
  $seapo filter |
  $seapo pair -o "$pairs" --format trl-chat --provenance ||
  test $? -eq 3 # finished, with failed rows

echo "$pairs: look at them with: seapo show $pairs" >&2
