"""Statements that another transaction was in the way of, sent again.

Under READ COMMITTED, PostgreSQL lets them wait for each other and only ends deadlocks; under its
stricter isolation levels, and in CockroachDB and YugabyteDB, one of two is told to come back.
"""

import asyncio
from collections.abc import Awaitable, Callable
from random import uniform

from db.errors import Conflict
from db.pool.connection import Rows

_PAUSES = (0.02, 0.08, 0.32)  # seconds at most: those who met spread more at each attempt


async def settled(send: Callable[[], Awaitable[Rows]], deadline: float) -> Rows:
    """Send a statement, and up to three times again while it ends in a conflict.

    As each is a transaction of its own, a conflict leaves nothing of it behind. Raises `Conflict`
    after the third time, or where the next pause would pass `deadline` on the loop's clock.
    """
    for longest in _PAUSES:
        try:
            return await send()
        except Conflict:
            pause = uniform(0, longest)  # noqa: S311 (no secret)
            if asyncio.get_running_loop().time() + pause >= deadline:
                raise
        await asyncio.sleep(pause)
    return await send()
