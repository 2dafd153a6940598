"""Behind PgBouncer in transaction mode all is as before, and no session keeps anything."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import httpx2
import psycopg2
import pytest

from tests.conftest import SECRET
from tests.live.conftest import COMMAND, Server, environment, serving, until
from tests.live.pgbouncer import POOL_SIZE, pgbouncer
from todo_api.embedded.embedded import embedded_server

pytestmark = pytest.mark.world

ROOT = Path(__file__).parents[2]
SUITE = ("tests/handlers", "tests/db/test_statements.py", "tests/live/test_wire.py")


@pytest.fixture(scope="module")
def direct(open_directory: Path) -> Iterator[str]:
    """A database without tables yet."""
    with embedded_server(open_directory / "pooled") as url:
        yield url


@pytest.fixture(scope="module")
def pooled(direct: str, open_directory: Path) -> Iterator[str]:
    """The same database through PgBouncer, migrated through it, too."""
    with pgbouncer(open_directory / "pgbouncer", direct) as url:
        done = run(*COMMAND, "migrate", DATABASE_URL=url, JWT_SECRET_KEY=SECRET)
        assert (done.returncode, done.stderr) == (0, "")
        yield url


@pytest.fixture(scope="module")
def server(pooled: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Two processes, with more connections than PgBouncer has for them."""
    log = tmp_path_factory.mktemp("pooled") / "log"
    variables = {"DATABASE_URL": pooled, "JWT_SECRET_KEY": SECRET, "REQUEST_TIMEOUT": "3"}
    with serving(log, "--workers", "2", **variables) as running:
        yield running


def run(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.timeout(300)
def test_the_suite_passes_through_it(pooled: str, figure: Callable[[str], None]) -> None:
    options = ("-q", "-p", "no:cacheprovider")
    suite = run(sys.executable, "-m", "pytest", *options, *SUITE, TODO_API_TEST_DATABASE=pooled)

    figure(suite.stdout.splitlines()[-1])
    assert suite.returncode == 0, suite.stdout[-5000:]


@pytest.mark.timeout(300)
def test_schemathesis_finds_nothing_behind_it(server: Server, two_users: Path) -> None:
    fuzz = run(
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{server.url}/openapi.yaml"),
        *("--max-examples", "5", "--no-color"),
        TODO_API_WFC=str(two_users),
    )

    assert fuzz.returncode == 0, fuzz.stdout[-5000:]
    assert "Tested: 6" in fuzz.stdout


STATE = """
SELECT pg_backend_pid(), jsonb_build_object(
    'settings', (SELECT jsonb_object_agg(name, setting) FROM pg_settings
                 WHERE name <> 'application_name'),
    'prepared statements', (SELECT count(*) FROM pg_prepared_statements),
    'cursors', (SELECT count(*) FROM pg_cursors),
    'channels', (SELECT count(*) FROM pg_listening_channels()),
    'temporary tables', (SELECT count(*) FROM pg_class WHERE relpersistence = 't'),
    'locks for the session', (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'))
"""
TRANSACTIONS = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"


def rows(url: str, sql: str) -> list[tuple[Any, ...]]:
    with closing(psycopg2.connect(url)) as session, session.cursor() as cursor:
        session.autocommit = True
        cursor.execute(sql)
        return list(cursor) if cursor.description else []


def use_every_operation(tasks: httpx2.Client, number: int) -> None:
    made = created(tasks, f"Task {number}")
    once = {"Idempotency-Key": f"key-{number}"}
    changed = {"title": "Other", "complete": True}
    answers = [
        tasks.post("tasks", json={"title": "Once"}, headers=once),
        tasks.get("tasks", params={"q": "task", "limit": "2"}),
        tasks.put(made, json=changed, headers={"If-Match": '"1"'}),
        tasks.patch(made, json={"complete": False}),
        tasks.get(made),
        tasks.delete(made),
    ]
    assert [answer.status_code for answer in answers] == [201, 200, 200, 200, 200, 204]


def created(tasks: httpx2.Client, title: str) -> str:
    return f"tasks/{tasks.post('tasks', json={'title': title}).json()['id']}"


def change_a_locked_task(tasks: httpx2.Client, direct: str, user: str) -> httpx2.Response:
    """Send a change that the database gives up."""
    made = created(tasks, "Locked")
    with closing(psycopg2.connect(direct)) as session, session.cursor() as cursor:
        cursor.execute("SELECT FROM tasks WHERE user_id = %s FOR UPDATE", (user,))
        return tasks.patch(made, json={"complete": True})


def sessions(url: str) -> dict[int, dict[str, Any]]:
    """Return the state of each server session that PgBouncer has, by its process id."""
    with ExitStack() as stack:
        found = {}
        for _ in range(POOL_SIZE):  # each holds its session, as its transaction stays open
            session = stack.enter_context(closing(psycopg2.connect(url)))
            cursor = session.cursor()
            cursor.execute(STATE)
            found.update(cursor)
        return found


def test_no_session_keeps_anything(
    server: Server, direct: str, pooled: str, user: str, token: Callable[[str], str]
) -> None:
    headers = {"Authorization": f"Bearer {token(user)}"}
    base = f"{server.url}/api/{user}/"
    with httpx2.Client(base_url=base, headers=headers, timeout=30) as tasks:
        with ThreadPoolExecutor(16) as threads:
            list(threads.map(lambda number: use_every_operation(tasks, number), range(64)))
        assert change_a_locked_task(tasks, direct, user).status_code == 503
        assert tasks.get("tasks").status_code == 200

    ((_, fresh),) = rows(direct, STATE)
    assert rows(direct, TRANSACTIONS) == [(0,)]
    found = sessions(pooled)
    assert {pid: state for pid, state in found.items() if state != fresh} == {}
    assert len(found) == POOL_SIZE


UPDATES = "SELECT query FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


@pytest.mark.usefixtures("server")  # whose database has its tables
def test_the_roles_own_timeout_ends_statements_that_carry_none(
    direct: str, open_directory: Path, tmp_path: Path, token: Callable[[str], str]
) -> None:
    """It needs sessions that began after ALTER ROLE, and so a PgBouncer of its own."""
    headers = {"Authorization": f"Bearer {token('limited')}"}
    rows(direct, "ALTER ROLE CURRENT_USER SET statement_timeout = '2s'")
    try:
        with (
            pgbouncer(open_directory / "limited", direct) as url,
            serving(tmp_path / "log", DATABASE_URL=url, JWT_SECRET_KEY=SECRET) as server,
            httpx2.Client(base_url=f"{server.url}/api/limited/", headers=headers) as tasks,
            ThreadPoolExecutor(1) as threads,
        ):
            change = threads.submit(change_a_locked_task, tasks, direct, "limited")
            until(lambda: bool(rows(direct, UPDATES)))
            [(query,)] = rows(direct, UPDATES)
            assert change.result().status_code == 503
            assert tasks.get("tasks").status_code == 200
    finally:
        rows(direct, "ALTER ROLE CURRENT_USER RESET statement_timeout")

    assert query.startswith("UPDATE tasks SET ")
