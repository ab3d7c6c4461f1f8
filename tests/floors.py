"""The lowest versions that pyproject.toml allows, as constraints for pip: `make test-lowest`."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"
_FLOOR = re.compile(r"(?P<name>[\w-]+)(\[.*\])?>=(?P<version>[\w.]+)")


def floors(extras: tuple[str, ...] = ("files", "dev", "train")) -> list[str]:
    """One line `name==version` for each requirement.

    Raises:
        ValueError: a requirement has no lowest version.
    """
    project = tomllib.loads(PROJECT.read_text())["project"]
    groups = [project["dependencies"], *(project["optional-dependencies"][e] for e in extras)]
    lines = set()
    for requirement in (line for group in groups for line in group):
        found = _FLOOR.fullmatch(requirement)
        if not found:
            raise ValueError(f"{requirement}: no lowest version")
        lines.add(f"{found['name']}=={found['version']}")
    return sorted(lines)


if __name__ == "__main__":
    print("\n".join(floors()))
