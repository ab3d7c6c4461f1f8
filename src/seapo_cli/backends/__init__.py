"""Whatever answers requests. A new backend is one module with a `connect`, and one line here."""

from __future__ import annotations

from importlib import import_module

from seapo_cli.backends.base import Backend
from seapo_cli.options import BackendSettings

BACKENDS = {
    "openai": "seapo_cli.backends.openai",
    "embedded": "seapo_cli.backends.embedded",
    "vllm": "seapo_cli.backends.vllm",
    "batch": "seapo_cli.backends.batch",
}
"""Module by name; imported only when chosen, as backends may be heavy."""


async def connect(settings: BackendSettings) -> Backend:
    """Make the backend that the settings ask for.

    Raises:
        SeapoError: there is no such model, or the server does not answer.
    """
    settings.hide_secrets()
    module = import_module(BACKENDS[settings.chosen()])
    backend: Backend = await module.connect(settings)
    return backend
