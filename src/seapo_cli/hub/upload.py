"""A folder to the hub, by huggingface_hub, where the user is logged in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from seapo_cli.exceptions import SeapoError, UsageError
from seapo_cli.hub.card import is_ours
from seapo_cli.hub.folder import CARD
from seapo_cli.text.safe import safe


def need_login() -> None:
    """Check that a token is there, before anything is written.

    Raises:
        UsageError: there is none.
    """
    from huggingface_hub import get_token

    if not get_token():
        raise UsageError("--repo needs a login: run `hf auth login`, or set HF_TOKEN")


def upload(folder: Path, files: Sequence[str], repository: str, *, private: bool) -> str:
    """Upload some files of a folder to a dataset, made if need be; returns its address.

    Raises:
        SeapoError: the hub refuses; or the dataset is somebody else's work, or public though it
            should be private.
    """
    from huggingface_hub import HfApi

    api = HfApi()
    with _one_line(repository):
        url = api.create_repo(repository, repo_type="dataset", private=private, exist_ok=True)
        found = api.dataset_info(repository)
        if private and not found.private:
            raise SeapoError(
                f"--repo {repository} is there and public: --no-private uploads to it, "
                "or name another"
            )
        if CARD in [one.rfilename for one in found.siblings or ()]:
            held = Path(api.hf_hub_download(repository, CARD, repo_type="dataset"))
            if not is_ours(held.read_text(errors="replace")):
                raise SeapoError(
                    f"--repo {repository} has a README.md that seapo push did not write: "
                    "name another"
                )
        api.upload_folder(
            repo_id=repository,
            repo_type="dataset",
            folder_path=folder,
            allow_patterns=list(files),
            commit_message="seapo push",
        )
    return str(url)


@contextmanager
def _one_line(repository: str) -> Iterator[None]:
    try:
        yield
    except SeapoError:
        raise
    except Exception as error:  # by version and transport: OSError, httpx's, requests', its own
        reason = safe(next(iter(str(error).splitlines()), type(error).__name__))
        raise SeapoError(f"--repo {repository}: not uploaded: {reason}") from None
