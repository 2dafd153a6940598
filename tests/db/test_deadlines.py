import asyncio
from contextvars import Context

import pytest

from db.errors import DatabaseTooSlow
from db.pool.pool import Pool, elapsed
from tests.db.conftest import SLEEP, busy, end
from tests.db.postgres import Server


def within(pool: Pool, seconds: float, sql: str) -> "asyncio.Task[object]":
    """Run a statement in a context of its own, which has only so many seconds of 60 left."""
    context = Context()
    context.run(elapsed.set, 60 - seconds)
    return asyncio.create_task(pool.execute(sql), context=context)


async def test_each_statement_ends_at_its_own_deadline(server: Server) -> None:
    pool = Pool(server.dsn, size=4, timeout=60)
    patient = await busy(pool, 1)
    hasty = [within(pool, seconds, SLEEP) for seconds in (0.3, 0.1, 0.2)]
    outcomes = await asyncio.gather(*hasty, return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [DatabaseTooSlow] * 3
    assert pool.timeouts == 3
    assert not patient[0].done()
    with pytest.raises(DatabaseTooSlow):
        await within(pool, 0.1, SLEEP)
    assert await within(pool, 30, "SELECT 1") == [(1,)]
    await end(*patient)
    await pool.close()
