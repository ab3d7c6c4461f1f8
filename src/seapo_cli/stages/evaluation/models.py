"""What `--model` means for `eval`: where log-probabilities and written answers come from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from seapo_cli.backends.models import find_model
from seapo_cli.engine.session import ModelUse
from seapo_cli.stages.evaluation.items import Needs

NO_PLAIN_TEXT = (
    "a server gives no log-probabilities of plain text: name a checkpoint's folder or a GGUF file"
)
NO_LOGPROBS = (
    "the server gives no log-probabilities of prompts: use vLLM, or name a checkpoint's folder "
    "or a GGUF file"
)
NO_ANSWERS = (
    "a checkpoint's folder cannot write answers: use its GGUF file, --backend vllm, or a "
    "server with --base-url"
)


@dataclass(frozen=True, slots=True)
class Model:
    """A model that is evaluated."""

    name: str
    """As the user names it."""
    local: str | None = None
    """What scores texts on this machine: a folder, a GGUF file or a hub name."""
    use: ModelUse | None = None
    """What writes answers, and also scores if nothing local does."""

    def lacks(self, needs: Needs) -> str | None:
        """Why a task that needs this cannot run; None if it can."""
        if needs == "answers":
            return None if self.use else NO_ANSWERS
        if needs in ("text scores", "harness") and not self.local:
            return NO_PLAIN_TEXT
        return None


def model_of(use: ModelUse) -> Model:
    """The model that the options name: a file or folder on this machine, else one on a server.

    Raises:
        UsageError: there is no such model.
    """
    settings = use.backend
    name = settings.model
    here = name is not None and (name.endswith(".gguf") or Path(name).expanduser().exists())
    if settings.backend in ("openai", "vllm") or (settings.chosen() == "openai" and not here):
        return Model(name or "the server's model", use=use)
    if name is None or name.endswith(".gguf"):
        file = find_model(name)
        embedded = replace(settings, backend="embedded", model=str(file))
        return Model(name or file.stem, str(file), replace(use, backend=embedded))
    folder = Path(name).expanduser()
    return Model(name, str(folder) if folder.exists() else name)
