"""The embedded PostgreSQL: the first process starts it, the last one stops it.

Three locked files beside the cluster say who is there. The kernel drops a lock when its holder
dies, however it dies, so a lock is never stale as a process id is:

- postgres.lock, exclusive: held while coming and while leaving, one process at a time;
- postgres.users, shared: held by every user from coming to leaving;
- postgres.running, exclusive: handed down to the server and held until its last process ends.
"""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, LOCK_UN, flock
from pathlib import Path
from typing import IO

from todo_api.embedded.cluster import Cluster
from todo_api.embedded.kept import open_lock
from todo_api.embedded.programs import EmbeddedError

__all__ = ["EmbeddedError", "embedded_server", "held", "running", "signals_deferred"]

_PATIENCE = 30.0  # seconds for a start or a stop
_PAUSE = 0.02  # seconds between two looks whether that is done


@contextmanager
def embedded_server(data_dir: Path) -> Iterator[str]:
    """Run, or join, the PostgreSQL under `data_dir` and yield its URL.

    Blocks while it starts and while it stops. Raises EmbeddedError when it can't.
    """
    data_dir = data_dir.resolve()
    with _explained(data_dir):
        _make(data_dir)
    with _explained(data_dir):
        users = open_lock(data_dir / "postgres.users")
    with users:
        try:
            with _explained(data_dir):
                url = _join(data_dir, users)
            yield url
        finally:
            _leave(data_dir, users)


@contextmanager
def held(data_dir: Path) -> Iterator[None]:
    """Keep the PostgreSQL under `data_dir` from everybody else: who comes waits.

    Raises EmbeddedError when it is in use.
    """
    data_dir = data_dir.resolve()
    with _explained(data_dir):
        _make(data_dir)
        lock = open_lock(data_dir / "postgres.lock")
    with lock, open_lock(data_dir / "postgres.users") as users:
        flock(lock, LOCK_EX)
        if not _taken(users):
            raise EmbeddedError(
                f"The database in {data_dir} is in use: stop `todo-api serve` first, and what else"
                " uses it"
            )
        _ensure_stopped(data_dir)
        yield


@contextmanager
def running(data_dir: Path) -> Iterator[str]:
    """Run the PostgreSQL under a `data_dir` that is held and yield its URL.

    Raises EmbeddedError when it can't.
    """
    data_dir = data_dir.resolve()
    try:
        with signals_deferred(), _explained(data_dir):
            url = _ensure_running(data_dir)
        yield url
    finally:
        with signals_deferred():
            _ensure_stopped(data_dir)


@contextmanager
def _explained(data_dir: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EmbeddedError(
            f"DATA_DIR={data_dir} can't be used, {error}: choose a folder of your own,"
            " for example DATA_DIR=/var/lib/todo-api"
        ) from error


def _make(data_dir: Path) -> None:
    missing = [folder for folder in (data_dir, *data_dir.parents) if not folder.exists()]
    data_dir.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        for folder in missing:
            folder.chmod(0o755)  # the user that PostgreSQL runs as has to pass
    for name in ("lock", "users", "running"):
        open_lock(data_dir / f"postgres.{name}").close()


def _join(data_dir: Path, users: IO[str]) -> str:
    with open_lock(data_dir / "postgres.lock") as lock:
        flock(lock, LOCK_EX)
        with signals_deferred():
            flock(users, LOCK_SH)
            return _ensure_running(data_dir)


def _leave(data_dir: Path, users: IO[str]) -> None:
    with signals_deferred(), open_lock(data_dir / "postgres.lock") as lock:
        flock(lock, LOCK_EX)
        if _taken(users):
            _ensure_stopped(data_dir)
        flock(users, LOCK_UN)


def _ensure_running(data_dir: Path) -> str:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        with open_lock(data_dir / "postgres.running") as running:
            cluster = Cluster(data_dir, running.fileno())
            if _taken(running):
                cluster.start()
            # A server left behind by a killed user may still be starting, or stopping.
            if cluster.answers():
                return cluster.url
        time.sleep(_PAUSE)
    raise EmbeddedError(
        f"The PostgreSQL under {data_dir} runs but has not answered for {_PATIENCE:.0f} seconds:"
        f" its log, {data_dir}/postgres.log, may say why"
    )


def _ensure_stopped(data_dir: Path) -> None:
    with open_lock(data_dir / "postgres.running") as running:
        if _taken(running):
            return
        # Whether it has stopped, the lock tells: pg_ctl would wait for the id of a killed server.
        with suppress(EmbeddedError):
            Cluster(data_dir, running.fileno()).stop()
        deadline = time.monotonic() + _PATIENCE
        while not _taken(running):
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"The PostgreSQL under {data_dir} does not stop:"
                    f" its log, {data_dir}/postgres.log, may say why"
                )
            time.sleep(_PAUSE)


def _taken(file: IO[str]) -> bool:
    try:
        flock(file, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def signals_deferred() -> Iterator[None]:
    """Let a second Ctrl-C wait, or it would leave a server behind."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
