"""`seapo serve`."""

from __future__ import annotations

from seapo_cli.cli.command import expanded
from seapo_cli.options import ServeSettings


@expanded
def serve(settings: ServeSettings) -> None:
    """Keep a model running for other commands, until Ctrl-C or SIGTERM.

    Prints its base URL once it is ready: use it as OPENAI_BASE_URL or --base-url elsewhere.
    """
    from seapo_cli.backends.serving import serve_embedded, serve_vllm

    if settings.backend == "vllm":
        serve_vllm(settings.model, settings.port, settings.vllm_args)
    else:
        serve_embedded(settings.model, settings.port)
