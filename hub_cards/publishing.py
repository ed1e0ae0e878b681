"""Publish a model repository on the Hugging Face Hub, once it is known to hold nothing that should stay at home."""

import logging
from pathlib import Path

from .card_facts import is_hub_id
from .repository_checks import check_repository

logger = logging.getLogger(__name__)

MAX_BYTES = 5_000_000_000


def publish(
    folder: str | Path,
    repo_id: str,
    private: bool = False,
    token: str | None = None,
    revision: str | None = None,
    max_bytes: int = MAX_BYTES,
) -> str:
    """Check a repository and upload it in one commit.

    Args:
        folder: a finished repository with its card.
        repo_id: `user/name` or `organisation/name`; made if it does not exist.
        private: make the new repository private.
        token: access token with the right to write; the one of `hf auth login` if None.
        revision: branch to commit to, made if it does not exist; `main` if None.
        max_bytes: most bytes of all files together.

    Returns:
        The commit, to pin as `revision` when loading.

    Raises:
        FileNotFoundError: There is no such folder.
        ValueError: The folder or the name may not be published (see `check_repository`), or `private` was asked for
            and the repository is public.
        huggingface_hub.errors.HfHubHTTPError: The Hub refused.
    """
    from huggingface_hub import HfApi

    folder = Path(folder)
    check_repo_id(repo_id)
    files = check_repository(folder, max_bytes)
    if repo_id not in (folder / "README.md").read_text(encoding="utf-8"):
        logger.warning("The card does not name %s: its examples load another model.", repo_id)
    api = HfApi(token=token)
    api.create_repo(repo_id, private=private or None, exist_ok=True)  # None: what the organisation has set
    if private and not api.model_info(repo_id).private:  # for a repository that exists the Hub ignores `private`
        raise ValueError(f"{repo_id} exists and is public; make it private on the Hub first, or name another.")
    if revision is not None:
        api.create_branch(repo_id, branch=revision, exist_ok=True)
    commit = api.upload_folder(
        repo_id=repo_id,
        folder_path=folder,
        revision=revision,
        allow_patterns=[file.relative_to(folder).as_posix() for file in files],
        commit_message=f"Publish {repo_id.split('/')[-1]}",
    )
    return commit.oid


def check_repo_id(repo_id: str) -> None:
    """Check that a name is `user/name`.

    Raises:
        ValueError: It is not.
    """
    if not is_hub_id(repo_id):
        raise ValueError(f"{repo_id!r} is no name of a repository; it must read user/name, such as me/decloak-small.")


__all__ = ["MAX_BYTES", "check_repo_id", "publish"]
