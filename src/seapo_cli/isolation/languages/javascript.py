"""JavaScript, by node."""

from __future__ import annotations

import re

from seapo_cli.isolation.inside.limits import libseccomp
from seapo_cli.isolation.languages.base import Language

_ASSERTS = re.compile(r"\bassert\b|\bthrow\b|\bexpect\s*\(")


class JavaScript(Language):
    """Tests call `console.assert` or node's `assert`, or throw."""

    name = "javascript"
    aliases = ("js", "node")
    program = "node"

    def missing(self) -> str | None:
        """Also without seccomp, as node's processes are not hidden from each other otherwise."""
        if libseccomp() is None:
            return "libseccomp2 is not installed, which JavaScript needs"
        return super().missing()

    def tests(self, source: str, entry_point: str | None) -> str:  # noqa: ARG002
        """As they are."""
        if not _ASSERTS.search(source):
            raise ValueError("the row's test asserts nothing")
        return source
