import asyncio
from contextvars import Context, copy_context
from itertools import pairwise
from pathlib import Path

import pytest

from db.errors import DatabaseOverloaded, DatabaseUnavailable
from db.pool.connection import Connection
from db.pool.pool import Pool, elapsed
from tests.db.conftest import PID, SLEEP, busy, end, somebody, until
from tests.db.postgres import Server


async def test_many_requests_share_few_connections(pool: Pool) -> None:
    statement = f"{PID}, pg_sleep(0.01)"
    answers = await asyncio.gather(*(pool.execute(statement, somebody()) for _ in range(30)))
    assert len({pid for ((pid, _),) in answers}) == 3
    assert (pool.idle, pool.in_use, pool.waiting) == (3, 0, 0)


async def test_the_connection_used_last_is_used_first(pool: Pool) -> None:
    await asyncio.gather(*(pool.execute(PID, somebody()) for _ in range(3)))
    assert len({(await pool.execute(PID))[0] for _ in range(5)}) == 1


async def test_who_waits_longest_is_served_first(server: Server) -> None:
    pool = Pool(server.dsn, size=1)
    statement = "SELECT clock_timestamp()"
    answers = await asyncio.gather(*(pool.execute(statement) for _ in range(20)))
    assert all(earlier < later for earlier, later in pairwise(answers))
    await pool.close()


async def test_a_full_queue_refuses_at_once(server: Server) -> None:
    pool = Pool(server.dsn, size=1, queue_limit=1)
    running = await busy(pool, 1)
    waiting = asyncio.create_task(pool.execute(PID))
    await until(lambda: pool.waiting)
    with pytest.raises(DatabaseOverloaded):
        await pool.execute(PID)
    await end(*running)
    await waiting
    await pool.close()


async def test_a_wait_for_a_connection_ends(server: Server) -> None:
    pool = Pool(server.dsn, size=1, acquire_timeout=0.05)
    running = await busy(pool, 1)
    with pytest.raises(DatabaseUnavailable, match="became free"):
        await pool.execute(PID)
    assert pool.waiting == 0
    await end(*running)
    await pool.close()


async def test_a_cancelled_statement_costs_only_its_connection(pool: Pool) -> None:
    running = await busy(pool, 1)
    await end(*running)
    assert (pool.in_use, pool.idle) == (0, 0)
    await pool.execute(PID)


async def test_a_cancelled_wait_leaves_the_queue(pool: Pool) -> None:
    running = await busy(pool, 3)
    waiting = asyncio.create_task(pool.execute(PID))
    await until(lambda: pool.waiting)
    await end(waiting)
    assert pool.waiting == 0
    await end(*running)


@pytest.mark.parametrize("cancelled_first", [True, False])
async def test_a_request_cancelled_as_it_gets_its_connection_gives_it_back(
    server: Server, cancelled_first: bool
) -> None:
    pool = Pool(server.dsn, size=1)
    await pool.execute(PID)
    connection = pool._idle.pop()
    waiting = asyncio.create_task(pool.execute(PID))
    await until(lambda: pool.waiting)
    if cancelled_first:
        waiting.cancel()
    pool._add(connection)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert (pool.idle, pool.in_use) == (1, 0)
    await pool.execute(PID)
    await pool.close()


async def test_a_connection_whose_first_user_left_is_kept_for_the_next(pool: Pool) -> None:
    waiting = asyncio.create_task(pool.execute(PID))
    await asyncio.sleep(0)
    assert pool.waiting == 1
    waiting.cancel()
    await until(lambda: pool.idle == 1)


async def test_close_ends_what_runs_waits_and_opens(server: Server) -> None:
    pool = Pool(server.dsn, size=2)
    running = await busy(pool, 1)
    server.freeze()
    waiting = asyncio.create_task(pool.execute(PID))
    await until(lambda: pool.waiting)
    async with asyncio.timeout(1):
        await pool.close()
    server.thaw()
    outcomes = await asyncio.gather(*running, waiting, return_exceptions=True)
    assert [str(outcome) for outcome in outcomes] == ["The connection pool is closed."] * 2
    with pytest.raises(DatabaseUnavailable):
        await pool.execute(PID)
    assert (pool.idle, pool.in_use, pool.waiting) == (0, 0, 0)


async def test_a_connection_that_comes_after_close_is_closed(server: Server, pool: Pool) -> None:
    connection = await Connection.open(server.dsn)
    await pool.close()
    pool._welcome(connection)
    assert connection.closed


def descriptors() -> int:
    return len(list(Path("/dev/fd").iterdir()))


async def test_no_descriptor_is_left_behind(server: Server) -> None:
    before = descriptors()
    pool = Pool(server.dsn, size=4, timeout=0.2)
    await end(*await busy(pool, 4))
    with pytest.raises(DatabaseUnavailable):
        await asyncio.create_task(pool.execute(SLEEP))
    server.freeze()
    with pytest.raises(DatabaseUnavailable):
        await asyncio.create_task(pool.execute(PID))
    server.thaw()
    await asyncio.gather(*(pool.execute(PID) for _ in range(20)))
    await pool.close()
    assert descriptors() == before


async def test_the_statements_of_a_context_share_its_time(server: Server) -> None:
    pool = Pool(server.dsn, size=1, timeout=10)
    elapsed.set(10.0)  # by the statements before
    with pytest.raises(DatabaseUnavailable):
        await pool.execute(SLEEP)
    assert await asyncio.create_task(pool.execute("SELECT 1"), context=Context()) == [(1,)]
    await pool.close()


async def test_the_time_spent_is_counted_with_the_wait(server: Server) -> None:
    pool = Pool(server.dsn, size=1)

    async def timed() -> float:
        await pool.execute("SELECT pg_sleep(0.05)")
        return elapsed.get()

    tasks = [asyncio.create_task(timed(), context=copy_context()) for _ in range(2)]
    first, second = await asyncio.gather(*tasks)
    assert 0.05 <= first < 0.1 <= second
    await pool.close()
