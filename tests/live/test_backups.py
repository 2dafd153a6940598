"""A backup that is taken while the service writes."""

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import Any

import httpx2
import psycopg2
import pytest

from tests.folders import open_folder
from tests.live.conftest import COMMAND, PATIENCE, environment, serving, until
from todo_api.embedded.embedded import embedded_server
from todo_api.settings.development import token_for

WRITERS = 4
ENOUGH = 25  # tasks of each writer, before the backup and after
_COMMANDS_PATIENCE = 3 * PATIENCE  # seconds; a restore makes a cluster


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder("todo api backup ") as folder:
        yield folder


def write(url: str, token: str, ended: Event, acknowledged: list[int]) -> None:
    """Create the tasks 0, 1, 2 and so on, each with a key of its own, and complete each."""
    headers = {"Authorization": f"Bearer {token}"}
    with httpx2.Client(base_url=url, headers=headers, timeout=PATIENCE) as client:
        while not ended.is_set():
            number = len(acknowledged)
            key = {"Idempotency-Key": f"key-{number}"}
            made = client.post("/tasks", json={"title": str(number)}, headers=key)
            assert made.status_code == 201
            changed = client.patch(f"/tasks/{made.json()['id']}", json={"complete": True})
            assert changed.status_code == 200
            acknowledged.append(made.json()["id"])


def command(*arguments: str | Path, data_dir: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        env=environment(DATA_DIR=str(data_dir)),
        capture_output=True,
        text=True,
        check=False,
        timeout=_COMMANDS_PATIENCE,
    )


def kept(data_dir: Path, user: str) -> list[tuple[Any, ...]]:
    """Return a user's tasks with their keys, and keys without a task, in the order of creation."""
    with (
        embedded_server(data_dir) as url,
        closing(psycopg2.connect(url)) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "SELECT title, id, complete, version, key FROM tasks"
            " FULL JOIN idempotency_keys AS k ON k.user_id = tasks.user_id AND task_id = id"
            " WHERE COALESCE(tasks.user_id, k.user_id) = %s ORDER BY id",
            (user,),
        )
        return list(cursor)


def test_a_backup_under_load_holds_all_that_was_acknowledged_before_and_nothing_by_half(
    folder: Path,
) -> None:
    data_dir, restored = folder / "data", folder / "restored"
    ended = Event()
    acknowledged: list[list[int]] = [[] for _ in range(WRITERS)]
    with (
        serving(folder / "log", DATA_DIR=str(data_dir)) as server,
        ThreadPoolExecutor() as threads,
    ):
        secret = (data_dir / "jwt-secret").read_text()
        try:
            working = [
                threads.submit(
                    write,
                    f"{server.url}/api/user-{n}",
                    token_for(f"user-{n}", secret, 600),
                    ended,
                    numbers,
                )
                for n, numbers in enumerate(acknowledged)
            ]
            until(lambda: all(len(numbers) >= ENOUGH for numbers in acknowledged))
            before = [len(numbers) for numbers in acknowledged]
            done = command("backup", folder / "todo.dump", data_dir=data_dir)
            after = [len(numbers) for numbers in acknowledged]
            until(
                lambda: all(len(a) >= n + ENOUGH for a, n in zip(acknowledged, after, strict=True))
            )
            refused = command("restore", "--replace", folder / "todo.dump", data_dir=data_dir)
        finally:
            ended.set()
        for worker in working:
            worker.result()
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert refused.returncode == 1
    assert "is in use: stop `todo-api serve` first" in refused.stderr

    loaded = command("restore", folder / "todo.dump", data_dir=restored)
    assert loaded.returncode == 0, loaded.stderr
    for n, numbers in enumerate(acknowledged):
        rows = kept(restored, f"user-{n}")
        assert before[n] <= len(rows) <= after[n] + 1
        assert [row[0] for row in rows] == [str(number) for number in range(len(rows))]
        assert [row[1] for row in rows[: before[n]]] == numbers[: before[n]]
        assert [row[4] for row in rows] == [f"key-{number}" for number in range(len(rows))]
        assert {row[2:4] for row in rows[:-1]} <= {(True, 2)}
