"""`seapo doctor`."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from seapo_cli.cli.command import expanded
from seapo_cli.cli.runner import need_input
from seapo_cli.cli.train import model_path
from seapo_cli.extras import need
from seapo_cli.options import DoctorSettings


@expanded
def doctor(settings: DoctorSettings) -> None:
    """Tell what a trainer and a model will make of pairs, on one page.

    seapo doctor pairs.jsonl --model Qwen/Qwen2.5-1.5B-Instruct --trainer trl
    """
    for name in settings.inputs:
        need_input(name)
    gguf = ("gguf",) if (model := model_path(settings.model)).endswith(".gguf") else ()
    need("seapo doctor", "train", "torch", "transformers", *gguf)
    from seapo_cli.exceptions import ReaderGone, SeapoError
    from seapo_cli.io.jsonl import Output
    from seapo_cli.io.same_files import reads, refuse_equal, writes
    from seapo_cli.stages.doctor.examine import examine
    from seapo_cli.stages.doctor.report import as_json, page
    from seapo_cli.text.safe import safe, tell

    written = [
        *writes("--json", settings.figures),
        *([] if settings.figures == "-" else writes("", "-")),
    ]
    refuse_equal(reads("", settings.inputs), written)
    report = examine(replace(settings, model=model))
    if settings.figures:
        with suppress(ReaderGone), Output(settings.figures, "--json") as file:
            file.write(as_json(report))
    if settings.figures == "-":
        tell(page(report))
    else:
        with suppress(ReaderGone), Output("-") as file:
            file.write(f"{safe(page(report))}\n".encode())
    if spoilt := [found.name for found in report.findings if found.spoils]:
        raise SeapoError(f"this would spoil training: {', '.join(spoilt)}")
