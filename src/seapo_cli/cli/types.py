"""`seapo types`."""

from __future__ import annotations


def types() -> None:
    """List the error types by pack, with their meanings."""
    from seapo_cli.mistakes.error_types import error_types

    found = error_types().values()
    packs = dict.fromkeys(pack for kind in found for pack in kind.packs)
    for pack in sorted(packs, key=lambda name: (name != "general", name)):
        print(f"pack:{pack}")
        for kind in found:
            if pack in kind.packs:
                names = ", ".join((kind.name, *kind.aliases))
                note = " (experimental: by name only)" if kind.experimental else ""
                print(f"  {names:<27} {kind.description}{note}")
