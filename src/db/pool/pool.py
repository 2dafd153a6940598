"""The connection pool."""

import asyncio
from collections.abc import Mapping
from contextvars import ContextVar
from functools import partial
from math import inf
from time import perf_counter

from db.errors import Conflict, ConnectionLost, DatabaseTooSlow, DatabaseUnavailable
from db.pool.conflicts import Setback, settled
from db.pool.connection import Connection, Rows
from db.pool.deadlines import Deadlines
from db.pool.queue import WaitQueue
from db.pool.sessions import Sessions
from db.pool.shares import Shares, User
from db.pool.slow import report

elapsed: ContextVar[float] = ContextVar("elapsed", default=0.0)
"""Seconds that this context has spent on the database, waiting for a connection included."""

_PAUSE = 0.1  # seconds from a failure to connect to the next attempt


class Pool:
    """Up to `size` connections, opened on demand and replaced when lost.

    The statements of a context have `timeout` seconds together; each waits at most
    `acquire_timeout` of them for a connection, in a queue of at most `queue_limit`. The server has
    a statement timeout as well, so that abandoned statements end there. With `direct` (no pooler in
    between), sessions keep that timeout and prepared statements. Statements that run for longer
    than `slow` seconds are logged; 0 logs none.

    One user (the statement's parameter `user`) has at most half of the running and half of the
    waiting statements; waiting users take turns.
    """

    def __init__(  # noqa: PLR0913 (each has a name and a default)
        self,
        dsn: str,
        *,
        size: int = 16,
        timeout: float = 10.0,
        acquire_timeout: float = 2.0,
        queue_limit: int = 512,
        direct: bool = False,
        slow: float = 0.0,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._sessions = Sessions(dsn, timeout=timeout, direct=direct)
        self._deadlines = Deadlines(self._loop)
        self._shares = Shares(connections=size, waiters=queue_limit)
        self.queue = WaitQueue(self._shares, limit=queue_limit, patience=acquire_timeout)
        self._size = size
        self._timeout = timeout
        self._slow = slow or inf
        self._connections: set[Connection] = set()
        self._idle: list[Connection] = []
        self._opening: set[asyncio.Task[Connection]] = set()
        self._refused_until: float | None = None
        self._closed = False
        self.timeouts = self.retries = self.conflicts = 0

    @property
    def size(self) -> int:
        """The maximum number of connections."""
        return self._size

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
        return len(self.queue)

    async def execute(
        self, sql: str, parameters: Mapping[str, object] | None = None, *, retry: bool = False
    ) -> Rows:
        """Run a statement in its own transaction and return its rows.

        With `retry`, for reads, it is sent once more if its connection is lost; conflicts with
        other transactions are always retried. Raises `DatabaseUnavailable` or `DatabaseRefused`.
        """
        started = perf_counter()
        deadline = self._loop.time() + self._timeout - elapsed.get()
        try:
            try:
                return await self._run(sql, parameters, deadline)
            except (ConnectionLost, Conflict) as error:
                setback = error
            send = partial(self._send, sql, parameters, deadline, retry)
            return await settled(send, setback, deadline)
        except DatabaseTooSlow:
            self.timeouts += 1
            raise
        finally:
            elapsed.set(elapsed.get() + perf_counter() - started)

    def count_setback(self, setback: Setback) -> None:
        """Count an error that leads to a retry."""
        if isinstance(setback, Conflict):
            self.conflicts += 1
        else:
            self.retries += 1

    def drop_idle(self) -> None:
        """Close the idle connections: what ended one has usually ended all."""
        for connection in self._idle:
            connection.close()
        self._connections.difference_update(self._idle)
        self._idle.clear()

    async def close(self) -> None:
        """End all connections; running and waiting statements raise `DatabaseUnavailable`."""
        self._closed = True
        self.queue.fail("The connection pool is closed.")
        for connection in tuple(self._connections):
            connection.close(DatabaseUnavailable("The connection pool is closed."))
        self.drop_idle()
        for task in self._opening:
            task.cancel()
        await asyncio.gather(*self._opening, return_exceptions=True)

    async def _send(
        self,
        sql: str,
        parameters: Mapping[str, object] | None,
        deadline: float,
        retry: bool,
        setback: Setback | None,
    ) -> Rows:
        """Run a statement, or go on after the `setback` of its first run."""
        try:
            try:
                if setback is not None:
                    raise setback
                return await self._run(sql, parameters, deadline)
            except ConnectionLost as lost:
                self.drop_idle()
                if lost.sent and not retry:
                    raise
                self.count_setback(lost)
            return await self._run(sql, parameters, deadline)
        except Conflict as conflict:
            self.count_setback(conflict)
            raise

    async def _run(
        self, sql: str, parameters: Mapping[str, object] | None, deadline: float
    ) -> Rows:
        user = parameters.get("user") if parameters else None
        # If a connection is idle, all who wait already have their share: nobody is overtaken.
        at_once = self._idle and self._shares.take(user)
        connection = self._idle.pop() if at_once else await self._wait(user, deadline)
        self._deadlines.begin(connection, deadline)
        started = perf_counter()
        try:
            return await connection.execute(self._sessions.message(connection, sql), parameters)
        finally:
            self._deadlines.over(connection)
            self._give_back(connection, user)
            if (seconds := perf_counter() - started) > self._slow:
                report(sql, seconds)

    async def _wait(self, user: User, deadline: float) -> Connection:
        if self._closed:
            raise DatabaseUnavailable("The connection pool is closed.")
        waiter = self.queue.join(user)
        self._serve()
        try:
            return await self.queue.turn(waiter, deadline)
        except BaseException:
            if connection := self.queue.leave(user, waiter):
                self._give_back(connection, user)
            raise

    def _give_back(self, connection: Connection, user: User) -> None:
        self._shares.release(user)
        self._add(connection)

    def _serve(self) -> None:
        """Hand idle connections to the waiters whose turn it is, then open more.

        To be called after each change: a user's release may let another waiter of theirs run.
        """
        while self._idle and self.queue.hand(self._idle[-1]):
            self._idle.pop()
        if len(self._connections) < self._size:
            self._grow()

    def _grow(self) -> None:
        """Open connections for those who may have one; while the server refuses, one at a time."""
        room = self._size - len(self._connections)
        most = min(room, 1) if self._refused_until else room
        for _ in range(min(most, self._shares.ready) - len(self._opening)):
            task = asyncio.create_task(self._open())
            self._opening.add(task)
            task.add_done_callback(self._opened)

    async def _open(self) -> Connection:
        if self._refused_until:
            await asyncio.sleep(self._refused_until - self._loop.time())
        return await self._sessions.open()

    def _opened(self, task: asyncio.Task[Connection]) -> None:
        self._opening.discard(task)
        if task.cancelled():
            return
        if error := task.exception():
            self._note(error)
        else:
            self._welcome(task.result())
        self._serve()

    def _note(self, failure: BaseException) -> None:
        if isinstance(failure, DatabaseTooSlow) or isinstance(failure.__cause__, TimeoutError):
            return  # a timeout is pause enough, and newer waiters may still succeed
        self._refused_until = self._loop.time() + _PAUSE
        if not self._connections:
            self.queue.fail(str(failure), failure)

    def _welcome(self, connection: Connection) -> None:
        self._refused_until = None
        connection.on_lost = self._forget
        self._connections.add(connection)
        self._add(connection)

    def _add(self, connection: Connection) -> None:
        if self._closed:
            connection.close()
        if connection.closed:
            self._connections.discard(connection)
        else:
            self._idle.append(connection)
        if self._shares.ready:
            self._serve()

    def _forget(self, connection: Connection) -> None:
        if connection in self._idle:
            self._idle.remove(connection)
        self._connections.discard(connection)
        self._serve()
