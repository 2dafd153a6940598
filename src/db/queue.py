"""Those who wait for a connection, in the order they came."""

import asyncio
from collections import deque

from db.connection import Connection
from db.errors import DatabaseOverloaded, DatabaseTooSlow, DatabaseUnavailable

Waiter = asyncio.Future[Connection]


class WaitQueue:
    """At most `limit` waiters, each of whom has `patience` seconds."""

    def __init__(self, *, limit: int, patience: float) -> None:
        self._limit = limit
        self._patience = patience
        self._waiters: deque[Waiter] = deque()
        self.waits = self.refused = 0
        self.waited = 0.0
        """Seconds that they have waited, all together."""

    def __len__(self) -> int:
        return len(self._waiters)

    def join(self) -> Waiter:
        """Take the last place; raises `DatabaseOverloaded` where there is none."""
        if len(self._waiters) >= self._limit:
            self.refused += 1
            raise DatabaseOverloaded("Too many requests wait for the database.")
        waiter: Waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        return waiter

    async def turn(self, waiter: Waiter, deadline: float) -> Connection:
        """Return the connection that the waiter is handed.

        Raises `DatabaseTooSlow` where that takes too long, and what `fail` was called with.
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

    def leave(self, waiter: Waiter) -> Connection | None:
        """End a wait early; returns the connection that the waiter may just have been handed."""
        if waiter in self._waiters:
            self._waiters.remove(waiter)
        elif not waiter.cancelled() and not waiter.exception():
            return waiter.result()
        return None

    def hand(self, connection: Connection) -> bool:
        """Hand a connection to who is first, and tell whether there was anybody."""
        if waiter := self._next():
            waiter.set_result(connection)
        return waiter is not None

    def fail(self, message: str, cause: BaseException | None = None) -> None:
        """Let all of them raise `DatabaseUnavailable`."""
        while waiter := self._next():
            failure = DatabaseUnavailable(message)
            failure.__cause__ = cause and (cause.__cause__ or cause)
            waiter.set_exception(failure)

    def _next(self) -> Waiter | None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                return waiter
        return None


def _give_up(waiter: Waiter) -> None:
    if not waiter.done():
        waiter.set_exception(DatabaseTooSlow("No database connection became free in time."))
