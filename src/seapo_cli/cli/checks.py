"""`seapo checks`."""

from __future__ import annotations


def checks() -> None:
    """List the checks of `filter`: their meanings, presets and options."""
    from seapo_cli.checks import all_checks

    for name, check in all_checks().items():
        print(f"{name:<14}{check.about}")
        presets = ", ".join(check.presets) or "none: only with --check"
        print(f"{'':<14}presets: {presets}")
        for option, field in check.model_fields.items():
            default = field.get_default(call_default_factory=True)
            strict = f", strict {check.strict[option]}" if option in check.strict else ""
            print(f"{'':<14}{name}.{option}={_shown(default)}{strict}")


def _shown(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
