"""The training loop: a program of its own, `python -m seapo_cli.training SETTINGS.json`.

Only this folder imports torch, and no command imports it: `cli/train` starts it. `train.py` reads
from top to bottom; its parts are

    pairs → tokens → layout        rows, token ids, several pairs packed into one sequence
    attention, logps, scorer       the prefix that both sides share is computed once
    check                          ... if the model's architecture allows it
    losses, reference              what is minimized, and relative to what
    model, slices, processes       what is trained, and on how many machines
    adapters                       LoRA and its variants
    optimizer, precision, memory   how, in what, and whether activations are kept
    checkpoints, export, gguf      what is saved during training, and at the end
    metrics, report, trackers      what is reported
"""

import os

# Keeps transformers' bars off stderr. tqdm reads it when it is first imported, by torch for one.
os.environ.setdefault("TQDM_DISABLE", "1")
