"""Whatever answers requests.

A new backend is one module with a `connect`, named in `BackendSettings.backend`. One that reads and
writes files has `places` and `check_places` too.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from seapo_cli.backends.base import Backend
from seapo_cli.io.same_files import Place
from seapo_cli.options import BackendSettings


async def connect(settings: BackendSettings) -> Backend:
    """Make the backend that the settings ask for.

    Raises:
        SeapoError: there is no such model, or the server does not answer.
    """
    settings.hide_secrets()
    backend: Backend = await _module(settings).connect(settings)
    return backend


def places(settings: BackendSettings) -> tuple[list[Place], list[Place]]:
    """Files that the backend itself reads and writes.

    Raises:
        UsageError: one that it reads is not there.
    """
    found = getattr(_module(settings), "places", None)
    return found(settings) if found else ([], [])


def check_places(settings: BackendSettings) -> None:
    """Check that what the backend would overwrite is its own.

    Raises:
        UsageError: it is not.
    """
    if check := getattr(_module(settings), "check_places", None):
        check(settings)


def _module(settings: BackendSettings) -> ModuleType:
    """The chosen backend's; only then imported, as it may be heavy."""
    return import_module(f"seapo_cli.backends.{settings.chosen()}")
