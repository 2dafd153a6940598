import asyncio
from collections.abc import AsyncIterator
from contextvars import Context

import pytest

from db.errors import DatabaseTooSlow
from db.pool.connection import Rows
from db.pool.pool import Pool, elapsed
from tests.db.conftest import SLEEP, end, somebody
from tests.db.postgres import Server


def within(pool: Pool, seconds: float, sql: str) -> asyncio.Task[Rows]:
    """Run a statement in a context of its own, which has only so many seconds of 60 left."""
    context = Context()
    context.run(elapsed.set, 60 - seconds)
    return asyncio.create_task(pool.execute(sql, somebody()), context=context)


@pytest.fixture
async def pool(server: Server) -> AsyncIterator[Pool]:
    """A pool whose four connections are open, and need no time for that."""
    pool = Pool(server.dsn, size=4, timeout=60)
    await asyncio.gather(*(pool.execute("SELECT pg_sleep(0.1)", somebody()) for _ in range(4)))
    assert pool.idle == 4
    yield pool
    await pool.close()


async def test_each_statement_ends_at_its_own_deadline(pool: Pool) -> None:
    patient = within(pool, 59, SLEEP)
    hasty = [within(pool, seconds, SLEEP) for seconds in (0.3, 0.1, 0.2)]
    outcomes = await asyncio.gather(*hasty, return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [DatabaseTooSlow] * 3
    assert pool.timeouts == 3
    assert not patient.done()
    await end(patient)


async def test_a_deadline_ends_with_its_statement(pool: Pool) -> None:
    async def sessions() -> set[object]:
        held = "SELECT pg_backend_pid(), pg_sleep(0.1)"
        rows = await asyncio.gather(*(within(pool, 1, held) for _ in range(4)))
        return {pid for [(pid, _)] in rows}

    before = await sessions()
    await asyncio.sleep(1.1)

    assert len(before) == 4
    assert await sessions() == before
