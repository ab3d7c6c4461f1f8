"""Help in groups: what most people need comes first, engines that few have come last.

Plain text: typer's own panels need rich, which takes more time than everything else in --help.
"""

from __future__ import annotations

from typing import Any

from typer import BadParameter
from typer.core import TyperCommand

from seapo_cli.exceptions import UsageError

FOLDED: dict[str, str] = {
    "judge": "--check judge",
    "plausibility": "--check plausibility",
    "run-tests": "--check tests",
    "unsafe-run-tests": "--check tests --set tests.unsafe=true",
    "tensor-parallel-size": "--vllm-arg tensor_parallel_size=...",
    "dtype": "--vllm-arg dtype=...",
    "max-model-len": "--vllm-arg max_model_len=...",
    "gpu-memory-utilization": "--vllm-arg gpu_memory_utilization=...",
    "quantization": "--vllm-arg quantization=...",
}
"""Options of earlier versions, and what replaces them."""


class GroupedCommand(TyperCommand):
    """A command whose help lists its options in groups."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments; errors about a value are shown without pydantic's prefix."""
        try:
            return super().parse_args(ctx, args)
        except BadParameter as error:
            error.message = error.message.replace("Value error, ", "", 1)
            raise
        except Exception as error:
            # The class that typer raises for an unknown option is not public.
            name = str(getattr(error, "option_name", "")).lstrip("-")
            if name in FOLDED:
                raise UsageError(f"--{name} is now {FOLDED[name]}") from None
            raise

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments, then the options group by group, in the command's order."""
        sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        for parameter in self.get_params(ctx):
            if record := parameter.get_help_record(ctx):
                is_argument = parameter.param_type_name == "argument"
                group = getattr(parameter, "rich_help_panel", None) or "Options"
                sections.setdefault("Arguments" if is_argument else group, []).append(record)
        for title, records in sections.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)
