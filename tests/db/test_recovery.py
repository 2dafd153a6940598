import asyncio
from time import perf_counter

import pytest

from db.errors import ConnectionLost, DatabaseUnavailable
from db.pool.connection import Connection
from db.pool.pool import Pool
from tests.db.conftest import PID, SLEEP, busy, end, somebody, until
from tests.db.postgres import Server

FORSAKEN = "SELECT pg_sleep(60) AS forsaken"
COUNT = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%AS forsaken'"


async def test_a_slow_statement_is_given_up_and_the_pool_goes_on(server: Server) -> None:
    pool = Pool(server.dsn, size=1, timeout=0.2)
    with pytest.raises(DatabaseUnavailable):
        await asyncio.create_task(pool.execute(SLEEP, retry=True))
    assert await pool.execute("SELECT 1") == [(1,)]
    await pool.close()


async def test_a_statement_that_nobody_waits_for_ends_on_the_server_too(server: Server) -> None:
    pool = Pool(server.dsn, size=1, timeout=1)
    observer = await Connection.open(server.dsn)

    async def running(count: int) -> None:
        while await observer.execute(COUNT) != [(count,)]:
            pass

    request = asyncio.create_task(pool.execute(FORSAKEN))
    async with asyncio.timeout(10):
        await running(1)
        await end(request)
        await running(0)
    observer.close()
    await pool.close()


async def test_a_frozen_server_holds_no_request_and_thaws(server: Server) -> None:
    pool = Pool(server.dsn, size=2, timeout=0.3, acquire_timeout=0.2)
    await pool.execute(PID)
    server.freeze()
    started = perf_counter()
    for _ in range(3):
        with pytest.raises(DatabaseUnavailable):
            await asyncio.create_task(pool.execute(PID, retry=True))
    assert perf_counter() - started < 1.5
    server.thaw()
    await pool.execute(PID)
    await pool.close()


async def test_a_killed_server_is_used_again_once_it_is_back(server: Server, pool: Pool) -> None:
    running = await busy(pool, 2)
    server.kill()
    outcomes = await asyncio.gather(*running, return_exceptions=True)
    assert all(isinstance(outcome, DatabaseUnavailable) for outcome in outcomes)
    server.start()
    await pool.execute(PID)


async def test_a_stopped_server_is_told_quickly_and_missed_no_longer_than_needed(
    server: Server, pool: Pool
) -> None:
    await pool.execute(PID)
    server.stop()
    for _ in range(3):
        started = perf_counter()
        requests = (pool.execute(PID, somebody(), retry=True) for _ in range(20))
        outcomes = await asyncio.gather(*requests, return_exceptions=True)
        assert all(isinstance(outcome, DatabaseUnavailable) for outcome in outcomes)
        assert perf_counter() - started < 0.5
    server.start()
    started = perf_counter()
    await pool.execute(PID)
    assert perf_counter() - started < 0.5


async def test_a_refusing_server_sees_no_storm() -> None:
    attempts = 0

    def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal attempts
        attempts += 1
        writer.close()

    listener = await asyncio.start_server(refuse, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    pool = Pool(f"host=127.0.0.1 port={port} sslmode=disable gssencmode=disable", size=8)
    started = perf_counter()
    while perf_counter() - started < 0.35:
        requests = (pool.execute(PID, somebody()) for _ in range(50))
        outcomes = await asyncio.gather(*requests, return_exceptions=True)
        assert all(isinstance(outcome, DatabaseUnavailable) for outcome in outcomes)
    assert attempts <= 8 + 4
    await pool.close()
    listener.close()
    await listener.wait_closed()


async def test_an_idle_connection_that_dies_is_not_handed_out(server: Server, pool: Pool) -> None:
    ((before,),) = await pool.execute(PID)
    server.sql(f"SELECT pg_terminate_backend({before})")
    await until(lambda: not pool.idle)
    ((after,),) = await pool.execute(PID)
    assert before != after


async def test_a_connection_found_dead_before_sending_costs_not_even_a_write(pool: Pool) -> None:
    await pool.execute(PID)
    pool._idle[0].close()
    await pool.execute(PID)


async def lose_the_connection_of(server: Server, pool: Pool, *, retry: bool) -> object:
    """End the session under a statement that counts how often it runs, and return its outcome."""
    server.sql("DROP SEQUENCE IF EXISTS runs; CREATE SEQUENCE runs")
    sql = "SELECT CASE nextval('runs') WHEN 1 THEN pg_sleep(30)::text ELSE 'again' END"
    running = asyncio.create_task(pool.execute(sql, retry=retry))
    asleep = "FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query LIKE '%runs%'"
    await until(lambda: server.sql(f"SELECT pg_terminate_backend(pid) {asleep}"))
    return (await asyncio.gather(running, return_exceptions=True))[0]


async def test_a_read_whose_connection_is_lost_is_sent_again(server: Server, pool: Pool) -> None:
    assert await lose_the_connection_of(server, pool, retry=True) == [("again",)]


async def test_after_a_loss_the_idle_connections_are_not_trusted(
    server: Server, pool: Pool
) -> None:
    statement = "SELECT pg_sleep(0.01)"
    await asyncio.gather(*(pool.execute(statement, somebody()) for _ in range(6)))
    assert pool.idle == 3
    await lose_the_connection_of(server, pool, retry=False)
    assert pool.idle == 0


async def test_a_write_is_never_sent_twice(server: Server, pool: Pool) -> None:
    outcome = await lose_the_connection_of(server, pool, retry=False)
    assert isinstance(outcome, ConnectionLost)
    assert server.sql("SELECT last_value FROM runs") == [(1,)]


async def test_a_primary_that_became_a_standby_is_left(server: Server) -> None:
    server.sql("DROP ROLE IF EXISTS writer; CREATE ROLE writer SUPERUSER LOGIN")
    server.sql("ALTER ROLE writer SET default_transaction_read_only = on")
    pool = Pool(server.dsn.replace("user=postgres", "user=writer"))
    await pool.execute(PID)
    server.sql("ALTER ROLE writer RESET ALL")
    with pytest.raises(DatabaseUnavailable, match="25006"):
        await pool.execute("CREATE SEQUENCE written")
    await pool.execute("CREATE TEMPORARY SEQUENCE written")
    await pool.close()


async def test_a_server_with_too_few_connections_is_shared(server: Server) -> None:
    server.sql("DROP ROLE IF EXISTS limited; CREATE ROLE limited LOGIN CONNECTION LIMIT 2")
    pool = Pool(server.dsn.replace("user=postgres", "user=limited"), size=6)
    await pool.execute(PID)
    statement = f"{PID}, pg_sleep(0.01)"
    answers = await asyncio.gather(*(pool.execute(statement, somebody()) for _ in range(30)))
    assert len({pid for ((pid, _),) in answers}) <= 2
    await pool.close()


async def test_a_server_without_a_connection_left_is_unavailable(server: Server) -> None:
    server.sql("DROP ROLE IF EXISTS shut_out; CREATE ROLE shut_out LOGIN CONNECTION LIMIT 0")
    pool = Pool(server.dsn.replace("user=postgres", "user=shut_out"))
    with pytest.raises(DatabaseUnavailable):
        await pool.execute(PID)
    await pool.close()
