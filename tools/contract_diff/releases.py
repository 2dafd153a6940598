"""Releases of this repository, as git knows them."""

import subprocess

from tools.contract_diff import versions


class NoSuchReleaseError(Exception):
    """Git has no such revision, or no contract in it."""


def last_release() -> str | None:
    """Return the tag of the greatest version that HEAD comes after, or None before the first."""
    tags = [tag for tag in _git("tag", "--merged", "HEAD").splitlines() if versions.parse(tag)]
    return max(tags, key=lambda tag: versions.parse(tag) or (0, 0, 0), default=None)


def is_shallow() -> bool:
    """Return whether this clone lacks the older part of its history."""
    return _git("rev-parse", "--is-shallow-repository").strip() == "true"


def file_at(revision: str, path: str) -> str:
    """Return what the file held at that revision; the path begins at the working directory."""
    return _git("show", f"{revision}:./{path}")


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NoSuchReleaseError(done.stderr.strip())
    return done.stdout
