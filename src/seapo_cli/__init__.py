"""seapo: preference pairs whose rejected side is a good answer with a typed mistake in it.

    from seapo_cli import sample, inject, filter_rows, pair

The command line is `seapo` (`seapo_cli.cli`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seapo_cli.api import filter_rows, inject, pair, sample

    __version__: str
__all__ = ["__version__", "filter_rows", "inject", "pair", "sample"]


def __getattr__(name: str) -> Any:
    """Load what is asked for when it is asked for: the command line starts without it."""
    if name == "__version__":
        return _version()
    if name in ("filter_rows", "inject", "pair", "sample"):
        from seapo_cli import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _version() -> str:
    """The version that was installed: a release's tag, or the distance from one."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("seapo-cli")
    except PackageNotFoundError:  # src on the PYTHONPATH
        return "0+unknown"
