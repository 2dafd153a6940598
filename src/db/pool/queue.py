"""Those who wait for a connection."""

import asyncio

from db.errors import DatabaseOverloaded, DatabaseUnavailable, WaitedTooLong
from db.pool.connection import Connection
from db.pool.shares import Shares, User, Waiter


class WaitQueue:
    """At most `limit` waiters, each of whom has `patience` seconds; `shares` says who is next."""

    def __init__(self, shares: Shares, *, limit: int, patience: float) -> None:
        self._shares = shares
        self._limit = limit
        self._patience = patience
        self.waits = self.refused = 0
        self.waited = 0.0
        """Seconds that they have waited, all together."""

    def __len__(self) -> int:
        return self._shares.waiting

    def join(self, user: User) -> Waiter:
        """Take the user's last place; raises `DatabaseOverloaded` where there is none."""
        waiter: Waiter = asyncio.get_running_loop().create_future()
        if len(self) >= self._limit or not self._shares.add(user, waiter):
            self.refused += 1
            raise DatabaseOverloaded("Too many requests wait for the database.")
        return waiter

    async def turn(self, waiter: Waiter, deadline: float) -> Connection:
        """Return the connection that the waiter is handed.

        Raises `WaitedTooLong` where that takes too long, and what `fail` was called with.
        """
        loop = asyncio.get_running_loop()
        started = loop.time()
        timer = loop.call_at(min(deadline, started + self._patience), _give_up, waiter)
        try:
            return await waiter
        finally:
            timer.cancel()
            self.waits += 1
            self.waited += loop.time() - started

    def leave(self, user: User, waiter: Waiter) -> Connection | None:
        """End a wait early; returns the connection that the waiter may just have been handed."""
        waited = self._shares.remove(user, waiter)
        if waited or waiter.cancelled() or waiter.exception():
            return None
        return waiter.result()

    def hand(self, connection: Connection) -> bool:
        """Hand a connection to who is next, and tell whether anybody may have it."""
        if waiter := self._shares.call():
            waiter.set_result(connection)
        return waiter is not None

    def fail(self, message: str, cause: BaseException | None = None) -> None:
        """Let all of them raise `DatabaseUnavailable`."""
        for waiter in self._shares.drain():
            failure = DatabaseUnavailable(message)
            failure.__cause__ = cause and (cause.__cause__ or cause)
            waiter.set_exception(failure)


def _give_up(waiter: Waiter) -> None:
    if not waiter.done():
        waiter.set_exception(WaitedTooLong("No database connection became free in time."))
