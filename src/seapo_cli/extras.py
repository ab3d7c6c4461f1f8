"""Optional packages: whether they are there, and the command that installs them."""

from __future__ import annotations

from importlib.util import find_spec

from seapo_cli.exceptions import UsageError

_MODULES = {"scikit-learn": "sklearn"}
"""Modules that are not called as their packages are."""


def need(what: str, extra: str, *packages: str) -> None:
    """Check that packages of an extra are installed.

    Raises:
        UsageError: some are not; says what needs them and how to install them.
    """
    if missing := [name for name in packages if find_spec(_MODULES.get(name, name)) is None]:
        raise UsageError(f"{what} needs {', '.join(missing)}: {install(extra)}")


def install(extra: str) -> str:
    """A command that installs the packages of an extra.

    Names the packages themselves: the name of seapo works only where an index has it.
    """
    from importlib.metadata import PackageNotFoundError, requires

    try:
        lines = requires("seapo-cli") or []
    except PackageNotFoundError:  # a checkout that is not installed
        lines = []
    parts = [line.replace('"', "'").partition(";") for line in lines]
    wanted = [f"'{name.strip()}'" for name, _, marker in parts if f"'{extra}'" in marker]
    if not wanted:
        return f"pip install --editable '.[{extra}]' in a checkout of seapo"
    return f"pip install {' '.join(wanted)}"
