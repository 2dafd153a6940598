"""Data folders of the embedded PostgreSQL, and processes that use them."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from db import schema
from tests.folders import open_folder
from todo_api.embedded.embedded import embedded_server

USER = """
import sys
from pathlib import Path
from todo_api.embedded.embedded import embedded_server

with embedded_server(Path(sys.argv[1])) as url:
    try:
        print(url, flush=True)
        sys.stdin.read()
    finally:
        print("leaving", flush=True)
"""
User = subprocess.Popen[str]

TASKS = 699
FILL = f"""
    INSERT INTO tasks (user_id, title, description, complete, version, created_at, updated_at)
    SELECT 'user-' || n % 7, 'Täsk ' || n, nullif(repeat(md5(n::text), n % 20), ''), n % 2 = 0, n,
        now() - n * interval '1 hour', now() - n * interval '1 minute'
    FROM generate_series(1, {TASKS + 1}) AS n;
    INSERT INTO idempotency_keys (user_id, key, fingerprint, task_id, created_at)
    SELECT user_id, 'key-' || id, sha256(convert_to(title, 'UTF8')), id, created_at FROM tasks;
    DELETE FROM tasks WHERE id = {TASKS + 1}
"""
"""Rows whose highest id is not there any more."""


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that any account may enter, unlike pytest's own."""
    with open_folder("embedded-") as path:
        yield path
        for lock in path.rglob("postgres.running"):
            if is_running(lock.parent):
                with embedded_server(lock.parent):
                    pass


@pytest.fixture(scope="package")
def template() -> Iterator[Path]:
    """A data folder whose server has run and stopped."""
    with open_folder("embedded-") as folder:
        with embedded_server(folder / "data"):
            pass
        yield folder / "data"


@pytest.fixture
def data_dir(home: Path, template: Path) -> Path:
    return Path(shutil.copytree(template, home / "data"))


@pytest.fixture(scope="package")
def filled(template: Path) -> Path:
    """A data folder with 699 tasks of 7 users and their keys, for tests that leave it as it is."""
    filled = Path(shutil.copytree(template, template.parent / "filled"))
    with embedded_server(filled) as url:
        schema.upgrade(url)
        query(url, FILL)
    return filled


@pytest.fixture
def full(home: Path, filled: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that folder, which is the one that the commands are about."""
    full = Path(shutil.copytree(filled, home / "full"))
    monkeypatch.setenv("DATA_DIR", str(full))
    return full


@pytest.fixture
def start(home: Path) -> Iterator[Callable[..., User]]:  # noqa: ARG001 - outlives the processes
    """Start another process, in a session of its own as a terminal would."""
    started: list[User] = []

    def start(data_dir: Path, script: str = USER) -> User:
        command = [sys.executable, "-c", script, str(data_dir)]
        pipe = subprocess.PIPE
        user = subprocess.Popen(
            command,
            stdin=pipe,
            stdout=pipe,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        started.append(user)
        return user

    yield start
    for user in started:
        with suppress(ProcessLookupError):
            user.kill()
        with user:
            pass


def line(user: User) -> str:
    assert user.stdout is not None
    return user.stdout.readline().strip()


def leave(user: User) -> None:
    assert user.stdin is not None
    user.stdin.close()
    assert user.wait(timeout=20) == 0


def query(url: str, sql: str) -> list[tuple[Any, ...]]:
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall()) if cursor.description else []


def answers(url: str) -> bool:
    try:
        return query(url, "SELECT 1") == [(1,)]
    except psycopg2.OperationalError:
        return False


def is_running(data_dir: Path) -> bool:
    with (data_dir / "postgres.running").open("a") as lock:
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            return True
    return False


def server_pid(data_dir: Path) -> int:
    return int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0])


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)
