"""The queue of statements that wait for a connection."""

import asyncio

from db.errors import DatabaseOverloaded, DatabaseUnavailable, WaitedTooLong
from db.pool.connection import Connection
from db.pool.shares import Shares, User, Waiter


class WaitQueue:
    """At most `limit` waiters, each with `patience` seconds; `shares` decides who is next."""

    def __init__(self, shares: Shares, *, limit: int, patience: float) -> None:
        self._shares = shares
        self._limit = limit
        self._patience = patience
        self.waits = self.refused = 0
        self.waited = 0.0
        """Seconds that all of them have waited together."""

    def __len__(self) -> int:
        return self._shares.waiting

    def join(self, user: User) -> Waiter:
        """Join at the end of the user's line; raises `DatabaseOverloaded` if there is no room."""
        waiter: Waiter = asyncio.get_running_loop().create_future()
        if len(self) >= self._limit or not self._shares.add(user, waiter):
            self.refused += 1
            raise DatabaseOverloaded("Too many requests wait for the database.")
        return waiter

    async def turn(self, waiter: Waiter, deadline: float) -> Connection:
        """Wait for a connection and return it.

        Raises `WaitedTooLong` after `patience` seconds, and `DatabaseUnavailable` after `fail`.
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
        """End a wait early; returns the connection if the waiter was just handed one."""
        waited = self._shares.remove(user, waiter)
        if waited or waiter.cancelled() or waiter.exception():
            return None
        return waiter.result()

    def hand(self, connection: Connection) -> bool:
        """Hand a connection to the next waiter; False if nobody may have it."""
        if waiter := self._shares.call():
            waiter.set_result(connection)
        return waiter is not None

    def fail(self, message: str, cause: BaseException | None = None) -> None:
        """Fail all waits with `DatabaseUnavailable`."""
        for waiter in self._shares.drain():
            failure = DatabaseUnavailable(message)
            failure.__cause__ = cause and (cause.__cause__ or cause)
            waiter.set_exception(failure)


def _give_up(waiter: Waiter) -> None:
    if not waiter.done():
        waiter.set_exception(WaitedTooLong("No database connection became free in time."))
