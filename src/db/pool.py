"""The connections that requests share."""

import asyncio
from collections import deque
from collections.abc import Mapping
from contextvars import ContextVar
from time import perf_counter
from typing import Any

from db.connection import Connection
from db.errors import ConnectionLost, DatabaseOverloaded, DatabaseUnavailable

elapsed: ContextVar[float] = ContextVar("elapsed", default=0.0)
"""Seconds that this context has spent on the database, waiting for a connection included."""

_OPEN_TIMEOUT = 4.0  # seconds; a lost SYN is sent again after 1 and 3
_PAUSE = 0.1  # seconds from a failure to connect to the next attempt


class Pool:
    """Up to `size` connections, opened as they are needed and replaced as they are lost.

    A statement has `timeout` seconds, of which it waits at most `acquire_timeout` for a connection,
    in a queue of at most `queue_limit`.
    """

    def __init__(
        self,
        dsn: str,
        *,
        size: int = 8,
        timeout: float = 10.0,
        acquire_timeout: float = 2.0,
        queue_limit: int = 512,
    ) -> None:
        self._dsn = dsn
        self._size = size
        self._timeout = timeout
        self._acquire_timeout = acquire_timeout
        self._queue_limit = queue_limit
        self._connections: set[Connection] = set()
        self._idle: list[Connection] = []
        self._opening: set[asyncio.Task[Connection]] = set()
        self._waiters: deque[asyncio.Future[Connection]] = deque()
        self._refused_until: float | None = None
        self._closed = False

    @property
    def idle(self) -> int:
        """The number of connections ready for use."""
        return len(self._idle)

    @property
    def in_use(self) -> int:
        """The number of connections that run a statement."""
        return len(self._connections) - len(self._idle)

    @property
    def waiting(self) -> int:
        """The number of statements that wait for a connection."""
        return len(self._waiters)

    async def execute(
        self, sql: str, parameters: Mapping[str, object] | None = None, *, retry: bool = False
    ) -> list[tuple[Any, ...]]:
        """Run a statement in its own transaction and return its rows.

        With `retry`, for statements that only read, it is sent once more if its connection is lost.
        Raises `DatabaseUnavailable` or `DatabaseRefused`.
        """
        started = perf_counter()
        deadline = asyncio.get_running_loop().time() + self._timeout
        try:
            return await self._run(sql, parameters, deadline)
        except ConnectionLost as lost:
            self._drop_idle()
            if lost.sent and not retry:
                raise
            return await self._run(sql, parameters, deadline)
        finally:
            elapsed.set(elapsed.get() + perf_counter() - started)

    async def close(self) -> None:
        """End all connections; statements that run or wait raise `DatabaseUnavailable`."""
        self._closed = True
        self._fail_waiters("The connection pool is closed.")
        for connection in tuple(self._connections):
            connection.close(DatabaseUnavailable("The connection pool is closed."))
        self._drop_idle()
        for task in self._opening:
            task.cancel()
        await asyncio.gather(*self._opening, return_exceptions=True)

    async def _run(
        self, sql: str, parameters: Mapping[str, object] | None, deadline: float
    ) -> list[tuple[Any, ...]]:
        connection = self._idle.pop() if self._idle else await self._wait(deadline)
        timer = asyncio.get_running_loop().call_at(deadline, _end, connection)
        try:
            return await connection.execute(sql, parameters)
        finally:
            timer.cancel()
            self._give_back(connection)

    async def _wait(self, deadline: float) -> Connection:
        if self._closed:
            raise DatabaseUnavailable("The connection pool is closed.")
        if len(self._waiters) >= self._queue_limit:
            raise DatabaseOverloaded("Too many requests wait for the database.")
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()
        self._waiters.append(waiter)
        self._grow()
        patience = min(deadline, loop.time() + self._acquire_timeout)
        timer = loop.call_at(patience, _give_up, waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            self._take_back(waiter)
            raise
        finally:
            timer.cancel()
...
