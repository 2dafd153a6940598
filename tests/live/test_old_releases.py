"""The tables of each release are brought up to date while 1.2.0 serves them."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import httpx2
import pytest

from db import schema
from tests.conftest import SECRET
from tests.db.postgres import Server as Postgres
from tests.db.postgres import private_server
from tests.db.test_drift import unvalidated
from tests.db.test_schema import run
from tests.live import conftest
from tests.live.conftest import PATIENCE, serving, until

RELEASES = Path(__file__).parents[1] / "db/releases"
CLIENTS = 4
ENOUGH = 20  # answers to each client, before the tables change and after
AN_OLD_ONE = (
    "INSERT INTO tasks (user_id, title, version) SELECT 'user-' || n % 100, 'Task ' || n, n"
    " FROM generate_series(1, 5000) AS n"
)


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with private_server() as postgres:
        yield postgres


@pytest.fixture(params=sorted(RELEASES.glob("*.sql")), ids=lambda path: path.stem)
def url(postgres: Postgres, request: pytest.FixtureRequest) -> str:
    """A database with the tables of a release, and rows of its users."""
    name = f"release_{request.param.stem.replace('.', '_')}"
    postgres.sql(f"CREATE DATABASE {name}")
    url = f"postgresql://postgres@127.0.0.1:{postgres.port}/{name}"
    run(url, request.param.read_text())
    run(url, AN_OLD_ONE)
    return url


def work(url: str, token: str, ended: Event, statuses: list[int]) -> None:
    """Write and read tasks until the end is said."""
    headers = {"Authorization": f"Bearer {token}"}
    with httpx2.Client(base_url=url, headers=headers, timeout=PATIENCE) as client:
        while not ended.is_set():
            made = client.post(
                "/tasks",
                json={"title": "Tea"},
                headers={"Idempotency-Key": str(time.monotonic_ns())},
            )
            statuses.append(made.status_code)
            changed = client.patch(f"/tasks/{made.json()['id']}", json={"complete": True})
            statuses.append(changed.status_code)
            statuses.append(client.get("/tasks", params={"limit": 5}).status_code)


def migrate(url: str) -> tuple[int, str]:
    done = conftest.run("migrate", DATABASE_URL=url, JWT_SECRET_KEY=SECRET)
    return done.returncode, done.stdout + done.stderr


def test_no_request_fails_while_the_tables_are_brought_up_to_date(
    url: str, release_1_2: dict[str, str], tmp_path: Path, token: Callable[[str], str]
) -> None:
    ended = Event()
    answers: list[list[int]] = [[] for _ in range(CLIENTS)]
    with (
        serving(tmp_path / "log", DATABASE_URL=url, JWT_SECRET_KEY=SECRET, **release_1_2) as server,
        ThreadPoolExecutor() as threads,
    ):
        try:
            working = [
                threads.submit(
                    work, f"{server.url}/api/user-{n}", token(f"user-{n}"), ended, statuses
                )
                for n, statuses in enumerate(answers)
            ]
            until(lambda: all(len(statuses) >= ENOUGH for statuses in answers))
            migrated = migrate(url)
            before = [len(statuses) for statuses in answers]
            until(lambda: all(len(a) >= b + ENOUGH for a, b in zip(answers, before, strict=True)))
        finally:
            ended.set()
        for worker in working:
            worker.result()

    assert migrated == (0, "The database is up to date.\n")
    assert {status for statuses in answers for status in statuses} == {200, 201}
    assert not schema.look(url).is_behind
    assert (schema.compare(url), unvalidated(url)) == ([], [])
    assert run(url, "SELECT count(*) FROM tasks WHERE title LIKE 'Task %%'") == [(5000,)]


def test_what_the_first_release_had_otherwise_is_seen_before(postgres: Postgres) -> None:
    postgres.sql("CREATE DATABASE before")
    url = f"postgresql://postgres@127.0.0.1:{postgres.port}/before"
    run(url, (RELEASES / "1.0.0.sql").read_text())

    named = [line.partition(":")[0] for line in schema.compare(url)]
    assert named == [
        "tasks has another constraint tasks_user_id_length",
        "tasks has the constraint tasks_version_positive, which this release does not know",
        "tasks lacks the column completed_at",
        "tasks lacks the column due_date",
        "tasks lacks the column priority",
        "tasks lacks the column tags",
        "tasks lacks the constraint tasks_due_date_real",
        "tasks lacks the constraint tasks_priority_known",
        "tasks lacks the constraint tasks_tags_count",
        "tasks lacks the constraint tasks_tags_length",
        "tasks lacks the constraint tasks_version_safe_in_javascript",
    ]
