"""Retry statements that conflicted with another transaction.

Under READ COMMITTED, PostgreSQL lets statements wait for each other and aborts only deadlocks.
Under its stricter isolation levels, and in CockroachDB and YugabyteDB, one of two is aborted.
"""

import asyncio
from collections.abc import Awaitable, Callable
from random import uniform

from db.errors import Conflict, ConnectionLost
from db.pool.connection import Rows

Setback = ConnectionLost | Conflict

_PAUSES = (0.02, 0.08, 0.32)  # seconds at most; random, and growing, to spread them


async def settled(
    send: Callable[[Setback | None], Awaitable[Rows]], setback: Setback, deadline: float
) -> Rows:
    """Go on after a statement's first `setback`: up to three retries while it ends in a conflict.

    `send` handles the setback that it gets, and otherwise sends the statement. Each attempt is a
    transaction of its own, so a conflict rolls all of it back. Raises `Conflict` after the third
    retry, or if the next pause would end after `deadline` (the loop's clock).
    """
    first: Setback | None = setback
    for longest in _PAUSES:
        try:
            return await send(first)
        except Conflict:
            pause = uniform(0, longest)  # noqa: S311 (no secret)
            if asyncio.get_running_loop().time() + pause >= deadline:
                raise
        first = None
        await asyncio.sleep(pause)
    return await send(None)
