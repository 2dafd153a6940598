"""Where the cluster is kept: in the data folder, if the user that runs it can enter that."""

import os
from hashlib import sha256
from pathlib import Path

from todo_api.embedded.programs import Account, account_for

ELSEWHERE = Path("/var/lib/todo-api")


def place_for(data_dir: Path) -> Path:
    """Return `data_dir`, or a folder of its own in `ELSEWHERE` where PostgreSQL can't enter it.

    A cluster that is in either of them stays there.
    """
    data_dir = data_dir.resolve()
    cluster = data_dir / "postgres"
    account = account_for(cluster)
    if account.uid is None or cluster.exists():
        return data_dir
    # Named for its path: each clone of a repository has data of its own.
    path = sha256(os.fsencode(data_dir)).hexdigest()
    elsewhere = ELSEWHERE / f"{data_dir.parent.name}-{path[:8]}"
    if (elsewhere / "postgres").exists() or barrier(data_dir, account):
        return elsewhere
    return data_dir


def barrier(data_dir: Path, account: Account) -> Path | None:
    """Return the first folder on the way to `data_dir` that `account` can't enter, if any is."""
    way = [folder for folder in (data_dir, *data_dir.parents) if folder.exists()]
    if account.can("test", "-x", way[0]):
        return None
    return next(folder for folder in reversed(way) if not account.can("test", "-x", folder))
