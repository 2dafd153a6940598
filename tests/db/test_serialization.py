"""What a conflict with another transaction comes to: an attempt more, or a 503, never a 500."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx2
import psycopg2
import pytest

from db.errors import Conflict, DatabaseUnavailable
from db.pool.conflicts import Setback, settled
from db.pool.pool import Pool
from tests.conftest import SECRET
from tests.db.conftest import until
from tests.db.postgres import Server
from tests.live.conftest import PATIENCE, serving

WRITERS = 20
FUNCTIONS = """
    DROP TABLE IF EXISTS counted;
    CREATE TABLE counted (id int PRIMARY KEY, n int NOT NULL);
    INSERT INTO counted VALUES (1, 0), (2, 0);
    DROP SEQUENCE IF EXISTS attempts;
    CREATE SEQUENCE attempts;  -- what a rollback does not take back

    CREATE OR REPLACE FUNCTION add_one(failures int, code text) RETURNS int LANGUAGE plpgsql AS $$
    DECLARE result int;
    BEGIN
        UPDATE counted SET n = n + 1 WHERE id = 1 RETURNING n INTO result;
        IF nextval('attempts') <= failures THEN RAISE 'planted' USING ERRCODE = code; END IF;
        RETURN result;
    END $$;

    CREATE OR REPLACE FUNCTION add_to_second_and_first() RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE counted SET n = n + 1 WHERE id = 2;
        IF nextval('attempts') = 1 THEN
            LOOP EXIT WHEN EXISTS (SELECT FROM pg_locks WHERE NOT granted); END LOOP;
        END IF;
        UPDATE counted SET n = n + 1 WHERE id = 1;
    END $$;
"""


@pytest.fixture(autouse=True)
def functions(server: Server) -> None:
    server.sql(FUNCTIONS)


async def attempts(pool: Pool) -> int:
    [[number]] = await pool.execute("SELECT last_value FROM attempts")
    return int(number)


@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
@pytest.mark.parametrize("failures", [1, 2, 3])
async def test_a_statement_with_another_in_its_way_is_sent_again(
    pool: Pool, failures: int, sqlstate: str
) -> None:
    values = {"failures": failures, "code": sqlstate}

    assert await pool.execute("SELECT add_one(%(failures)s, %(code)s)", values) == [(1,)]
    assert await attempts(pool) == failures + 1


async def test_after_the_third_time_it_is_given_up(pool: Pool) -> None:
    with pytest.raises(Conflict, match="40001"):
        await pool.execute("SELECT add_one(4, '40001')")

    assert await attempts(pool) == 4
    assert await pool.execute("SELECT n FROM counted ORDER BY id") == [(0,), (0,)]
    assert (pool.in_use, pool.waiting) == (0, 0)


@pytest.mark.parametrize("sqlstate", ["40003", "55P03", "57014"])
async def test_what_may_have_been_executed_or_took_too_long_is_not_sent_again(
    pool: Pool, sqlstate: str
) -> None:
    with pytest.raises(DatabaseUnavailable, match=sqlstate):
        await pool.execute("SELECT add_one(1, %(code)s)", {"code": sqlstate})

    assert await attempts(pool) == 1


async def test_a_pause_that_would_pass_the_deadline_is_not_made() -> None:
    sent = []

    async def conflict(setback: Setback | None) -> list[tuple[object, ...]]:
        sent.append(setback)
        raise Conflict

    first = Conflict()
    with pytest.raises(Conflict):
        await settled(conflict, first, asyncio.get_running_loop().time())
    assert sent == [first]


async def test_the_victim_of_a_deadlock_is_sent_again(server: Server) -> None:
    pool = Pool(f"{server.dsn} options='-c deadlock_timeout=10ms'", size=1)
    with psycopg2.connect(server.dsn) as other, other.cursor() as cursor:
        cursor.execute("SET deadlock_timeout = '1h'")  # so that it is never the victim
        cursor.execute("UPDATE counted SET n = n + 10 WHERE id = 1")
        statement = asyncio.create_task(pool.execute("SELECT add_to_second_and_first()"))
        await until(lambda: server.sql("SELECT 1 FROM attempts WHERE is_called"))
        await asyncio.to_thread(cursor.execute, "UPDATE counted SET n = n + 10 WHERE id = 2")
    other.close()
    await statement

    assert await attempts(pool) == 2
    assert await pool.execute("SELECT n FROM counted ORDER BY id") == [(11,), (11,)]
    await pool.close()


@pytest.fixture(scope="module", params=["repeatable read", "serializable"])
def address(
    database_url: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[str]:
    """A server whose transactions are isolated more strictly than PostgreSQL's usually are."""
    isolation = f"-cdefault_transaction_isolation={request.param}".replace(" ", r"\ ")
    url = f"{database_url}{'&' if '?' in database_url else '?'}options={quote(isolation)}"
    log = tmp_path_factory.mktemp("strict") / "log"
    with serving(log, DATABASE_URL=url, JWT_SECRET_KEY=SECRET) as running:
        yield running.url


@pytest.fixture
def client(address: str, user: str, token: Callable[[str], str]) -> Iterator[httpx2.Client]:
    headers = {"Authorization": f"Bearer {token(user)}"}
    with httpx2.Client(base_url=address, headers=headers, timeout=PATIENCE) as client:
        yield client


def at_once(write: Callable[[int], httpx2.Response]) -> list[httpx2.Response]:
    with ThreadPoolExecutor(WRITERS) as threads:
        return list(threads.map(write, range(WRITERS)))


def is_try_again(answer: httpx2.Response) -> bool:
    return answer.status_code == 503 and answer.headers["Retry-After"] == "1"


def settled_answer(send: Callable[[], httpx2.Response]) -> httpx2.Response:
    """Send again as long as the answer is to try again."""
    while is_try_again(answer := send()):
        pass
    return answer


def test_increments_with_if_match_add_up(client: httpx2.Client, user: str) -> None:
    created = settled_answer(lambda: client.post(f"/api/{user}/tasks", json={"title": "0"}))
    task = created.headers["Location"]

    def attempt() -> httpx2.Response:
        now = settled_answer(lambda: client.get(task))
        counted = {"title": str(int(now.json()["title"]) + 1)}
        match = {"If-Match": now.headers["ETag"]}
        return settled_answer(lambda: client.patch(task, json=counted, headers=match))

    def increment(_: int) -> httpx2.Response:
        while (answer := attempt()).status_code != 200:
            assert answer.status_code == 412
        return answer

    at_once(increment)

    final = settled_answer(lambda: client.get(task)).json()
    assert (final["title"], final["version"]) == (str(WRITERS), WRITERS + 1)


def test_writes_of_one_task_are_done_once_or_refused(
    client: httpx2.Client, user: str, figure: Callable[[str], None]
) -> None:
    task = client.post(f"/api/{user}/tasks", json={"title": "Tea"}).headers["Location"]

    answers = at_once(lambda _: client.patch(task, json={"complete": True}))

    done = [answer for answer in answers if answer.status_code == 200]
    assert all(is_try_again(answer) for answer in answers if answer not in done)
    assert client.get(task).json()["version"] == 1 + len(done)
    figure(f"{len(done)} of {WRITERS} writes at once of one task were done, the others 503")


def test_a_write_that_waited_for_another_is_done_after_it(
    client: httpx2.Client, user: str, sql: Callable[..., Any], database_url: str
) -> None:
    task = client.post(f"/api/{user}/tasks", json={"title": "Tea"}).headers["Location"]
    blocked = "SELECT 1 FROM pg_locks WHERE NOT granted AND %s = ANY (pg_blocking_pids(pid))"

    with closing(psycopg2.connect(database_url)) as other, other.cursor() as cursor:
        cursor.execute("UPDATE tasks SET title = 'Milk' WHERE user_id = %s", (user,))
        with ThreadPoolExecutor(1) as threads:
            answer = threads.submit(client.patch, task, json={"complete": True})
            while not sql(blocked, (other.info.backend_pid,)):
                assert not answer.done()
            other.commit()

    assert answer.result().status_code == 200
    assert (answer.result().json()["title"], answer.result().json()["complete"]) == ("Milk", True)


def test_creates_with_one_key_make_one_task(client: httpx2.Client, user: str) -> None:
    headers = {"Idempotency-Key": uuid4().hex}

    def create(_: int) -> httpx2.Response:
        return client.post(f"/api/{user}/tasks", json={"title": "Tea"}, headers=headers)

    answers = at_once(create)

    [task] = client.get(f"/api/{user}/tasks").json()["tasks"]
    assert {a.json()["id"] for a in answers if not is_try_again(a)} == {task["id"]}
