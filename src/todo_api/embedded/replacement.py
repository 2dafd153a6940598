"""A new cluster that takes the place of the one that is there, once it is whole.

It is made in a folder of its own and moved at the end. Whenever that is cut short, the old data
are there at the next start: `postgres-leaving` is taken back where there is no `postgres`.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from todo_api.embedded.cluster import leaving, take_back
from todo_api.embedded.embedded import held, running, signals_deferred
from todo_api.embedded.kept import sync
from todo_api.embedded.programs import account_for


def kept(data_dir: Path) -> Path:
    """Return where the last cluster that was replaced is kept."""
    return data_dir / "postgres-replaced"


@contextmanager
def replacement(data_dir: Path, *, keep: bool) -> Iterator[str]:
    """Run a new PostgreSQL and yield its URL; replace that under `data_dir` if the block succeeds.

    `data_dir` has to be held; the old cluster is kept, or deleted. Raises `EmbeddedError`.
    """
    made = data_dir / "restoring"
    _discard(made)
    try:
        with held(made), running(made) as url:
            yield url
        with signals_deferred():
            _take_place(made / "postgres", data_dir / "postgres", keep=keep)
    finally:
        _discard(made)


def _take_place(new: Path, old: Path, *, keep: bool) -> None:
    data_dir = old.parent
    take_back(data_dir)
    _keep(data_dir)
    # The next start makes another, for whichever cluster is there, as where it was lost.
    (data_dir / "postgres.password").unlink(missing_ok=True)
    if old.exists():
        account_for(old).take(new)  # the next one to start it may not be root
        old.rename(leaving(data_dir))
    new.rename(old)
    sync(data_dir)
    if keep:
        _keep(data_dir)
    shutil.rmtree(leaving(data_dir), ignore_errors=True)


def _keep(data_dir: Path) -> None:
    if leaving(data_dir).exists():
        shutil.rmtree(kept(data_dir), ignore_errors=True)
        leaving(data_dir).rename(kept(data_dir))


def _discard(made: Path) -> None:
    """Delete what is left of a cluster, whose server a kill may have left running."""
    if made.exists():
        with held(made):
            shutil.rmtree(made)
