"""Help in groups: what most people need first, engines that few have at the end.

Plain text: typer's own panels need rich, which costs more time than all else that help does.
"""

from __future__ import annotations

from typing import Any

from typer import BadParameter
from typer.core import TyperCommand

GROUPS: dict[str, str] = {
    "More about mistakes": "edits attempts",
    "More about pairs": "group spans score-key closeness order per-prompt max-pairs "
    "decontaminate provenance dataset-info",
    "Loss": "beta label-smoothing simpo-gamma dpop sft row-margins group-loss "
    "span-weight span-tail span-only",
    "Difficulty": "margin-window pair-scores order",
    "Adapters": "lora-rank lora-alpha lora-target merge",
    "Optimizer": "learning-rate schedule warmup weight-decay max-grad-norm epochs max-steps "
    "batch-size accumulate",
    "Checkpoints and evaluation": "eval-file eval-split eval-steps patience save-steps "
    "save-minutes keep report-to reference-cache",
    "Speed and memory": "dtype gradient-checkpointing share-prefix procs nodes rendezvous sharding",
    "Rows": "errors summary max-errors prompt-key response-key negative-key seed",
    "Requests": "timeout concurrency retries patience store no-store price-in price-out",
    "Batch services": "batch-out batch-in",
    "vLLM, for --backend vllm": "tensor-parallel-size dtype max-model-len gpu-memory-utilization "
    "quantization vllm-arg",
    "Shards over Ray": "runner ray-address ray-workers ray-gpus-per-worker",
}
"""Long options by the title of their group, in the order of the help; all others come first."""
_TRAINING = (
    "Loss",
    "Difficulty",
    "Adapters",
    "Optimizer",
    "Checkpoints and evaluation",
    "Speed and memory",
)


class GroupedCommand(TyperCommand):
    """A command whose help lists its options in groups."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments; what is wrong with a value is said without pydantic's prefix."""
        try:
            return super().parse_args(ctx, args)
        except BadParameter as error:
            error.message = error.message.replace("Value error, ", "", 1)
            raise

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write arguments, then the options group by group."""
        sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        sections |= {title: [] for title in GROUPS}
        for parameter in self.get_params(ctx):
            if record := parameter.get_help_record(ctx):
                sections[_title(self.name, parameter)].append(record)
        for title, records in sections.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


def _title(command: str | None, parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return "Arguments"
    names = {flag.lstrip("-") for flag in parameter.opts}
    for title, members in GROUPS.items():
        # `--patience` and `--dtype` are other options in training.
        belongs = command == "train" or title not in _TRAINING
        if belongs and not names.isdisjoint(members.split()):
            return title
    return "Options"
