"""What the contract was before."""

import subprocess
from pathlib import Path

RELEASED = Path("tools/contract_diff/released.yaml")
"""The contract of the last release; `make release` writes it, and nobody else."""


class NoSuchReleaseError(Exception):
    """Git has no such revision, or no contract in it."""


def last_released() -> str | None:
    """Return the contract as it was released last, or None before the first release.

    It is kept in the tree, as tags do not travel with every clone.
    """
    return RELEASED.read_text(encoding="utf-8") if RELEASED.exists() else None


def file_at(revision: str, path: str) -> str:
    """Return what the file held at that revision; the path begins at the working directory."""
    return _git("show", f"{revision}:./{path}")


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NoSuchReleaseError(done.stderr.strip())
    return done.stdout
