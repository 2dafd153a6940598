"""No user has more than half of the pool; what one may not have is the others'."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.errors import DatabaseOverloaded, DatabaseTooSlow
from db.pool.pool import Pool
from db.statements import READINESS
from tests.db.conftest import PID, SLEEP, busy, end, until
from tests.db.crowd import ACTIONS, Crowd
from tests.db.postgres import Server

ALICE, BOB = {"user": "alice"}, {"user": "bob"}


@pytest.fixture
async def pool(server: Server) -> AsyncIterator[Pool]:
    pool = Pool(server.dsn, size=4, queue_limit=6)
    yield pool
    await pool.close()


async def flooded(pool: Pool, count: int) -> list[asyncio.Task[Any]]:
    """Let Alice send more than her share, and return when that runs and the rest waits."""
    running = [asyncio.create_task(pool.execute(SLEEP, ALICE)) for _ in range(2)]
    await until(lambda: pool._shares._in_use.get("alice") == 2)
    waiting = [asyncio.create_task(pool.execute(SLEEP, ALICE)) for _ in range(count - 2)]
    await until(lambda: pool.waiting == count - 2)
    return running + waiting


async def test_a_user_has_at_most_half_of_the_connections(pool: Pool) -> None:
    flood = await flooded(pool, 5)
    assert (pool.in_use, pool.idle, pool.waiting) == (2, 0, 3)
    await end(*flood)


async def test_the_other_half_is_the_others_at_once(pool: Pool) -> None:
    flood = await flooded(pool, 5)
    assert await pool.execute("SELECT 1", BOB) == [(1,)]
    assert (pool.in_use, pool.idle, pool.waiting) == (2, 1, 3)
    await end(*flood)


async def test_no_more_connections_are_opened_than_may_be_used(pool: Pool) -> None:
    flood = [asyncio.create_task(pool.execute(SLEEP, ALICE)) for _ in range(3)]
    await until(lambda: pool.in_use)
    await until(lambda: not pool._opening)
    assert (pool.in_use, pool.idle, pool.waiting) == (2, 0, 1)
    await end(*flood)


async def test_a_user_has_at_most_half_of_the_queue(pool: Pool) -> None:
    others = await busy(pool, 2)
    flood = await flooded(pool, 5)
    with pytest.raises(DatabaseOverloaded):
        await pool.execute(SLEEP, ALICE)
    waiting = [asyncio.create_task(pool.execute(PID, BOB)) for _ in range(3)]
    await until(lambda: pool.waiting == 6)
    assert pool.queue.refused == 1
    await end(*flood, *others)
    await asyncio.gather(*waiting)


async def test_a_lone_connection_is_everybodys(server: Server) -> None:
    pool = Pool(server.dsn, size=1)
    users = [ALICE, BOB, None, ALICE]
    assert await asyncio.gather(*(pool.execute("SELECT 1", user) for user in users)) == [[(1,)]] * 4
    await pool.close()


async def test_what_asks_for_no_users_data_is_answered_during_a_flood(pool: Pool) -> None:
    flood = await flooded(pool, 5)
    assert await pool.execute(READINESS, None, retry=True)
    await end(*flood)


async def test_users_who_wait_take_turns(server: Server) -> None:
    pool = Pool(server.dsn, size=1)
    running = await busy(pool, 1)
    users = ["alice"] * 4 + ["bob"] * 2 + ["carol"]
    served: list[str] = []

    async def serve(user: str) -> None:
        await pool.execute("SELECT 1", {"user": user})
        served.append(user)

    waiting = [asyncio.create_task(serve(user)) for user in users]
    await until(lambda: pool.waiting == len(users))
    await end(*running)
    await asyncio.gather(*waiting)
    assert served == ["alice", "bob", "carol", "alice", "bob", "alice", "alice"]
    await pool.close()


async def test_a_loss_lets_its_user_have_an_idle_connection(pool: Pool) -> None:
    others = await busy(pool, 2, "SELECT pg_sleep(0.1)")
    flood = await flooded(pool, 3)
    await asyncio.gather(*others)
    assert (pool.idle, pool.waiting) == (2, 1)
    used = pool._connections.difference(pool._idle).pop()
    used.close(DatabaseTooSlow())
    await until(lambda: not pool.waiting)
    await end(*flood)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(
    size=st.integers(1, 5),
    steps=st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 99)), max_size=25),
)
async def test_nobody_waits_for_what_they_may_have(
    running_server: Server, size: int, steps: list[tuple[str, int]]
) -> None:
    crowd = Crowd(running_server, size)
    for action, place in steps:
        await crowd.step(action, place)
        assert crowd.overtaken() == []
        assert len(crowd.pool._connections) <= size
    await crowd.close()
    outcomes = await asyncio.gather(*crowd.tasks, return_exceptions=True)
    failed = {n for n, outcome in enumerate(outcomes) if isinstance(outcome, BaseException)}
    assert failed <= crowd.failing
    assert (crowd.pool.in_use, crowd.pool.waiting) == (0, 0)
