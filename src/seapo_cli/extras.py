"""Optional packages: the command that installs them."""

from __future__ import annotations


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
