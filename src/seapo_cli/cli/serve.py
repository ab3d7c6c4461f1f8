"""`seapo serve`."""

from __future__ import annotations

from typing import Annotated, Literal

from seapo_cli.cli.options import VllmOptions, expanded, option


@expanded
def serve(
    model: Annotated[
        str | None,
        option(
            "--model",
            "-m",
            env="SEAPO_MODEL",
            metavar="NAME",
            help="A GGUF file or hub id; for vllm a checkpoint's folder or hub id. "
            "[default: the packaged model]",
        ),
    ] = None,
    port: Annotated[
        int, option(min=0, max=65535, help="Where to listen on this machine; 0: any free port.")
    ] = 8000,
    backend: Annotated[
        Literal["embedded", "vllm"], option(help="What runs the model: llama.cpp or vLLM.")
    ] = "embedded",
    *,
    vllm: VllmOptions,
) -> None:
    """Keep a model running for other commands, until Ctrl-C or SIGTERM.

    Prints its base URL once it answers: OPENAI_BASE_URL or --base-url of the others.
    """
    from seapo_cli.backends.serving import serve_embedded, serve_vllm

    if backend == "vllm":
        serve_vllm(model, port, vllm.vllm_settings())
    else:
        serve_embedded(model, port)
