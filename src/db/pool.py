"""The connections that requests share."""

import asyncio
from collections.abc import Mapping
from contextvars import ContextVar
from time import perf_counter

from db.conflicts import settled
from db.connection import Connection, Rows
from db.dialing.dialer import Dialer
from db.errors import (
    Conflict,
    ConnectionLost,
    DatabaseRefused,
    DatabaseTooSlow,
    DatabaseUnavailable,
)
from db.prepared import EXECUTE, PREPARE
from db.queue import WaitQueue

elapsed: ContextVar[float] = ContextVar("elapsed", default=0.0)
"""Seconds that this context has spent on the database, waiting for a connection included."""

_PATIENCE = 4.0  # seconds for each address; a lost SYN is sent again after 1 and 3
_PAUSE = 0.1  # seconds from a failure to connect to the next attempt


class Pool:
    """Up to `size` connections, opened as they are needed and replaced as they are lost.

    The statements of a context have `timeout` seconds together; each waits at most
    `acquire_timeout` of them for a connection, in a queue of at most `queue_limit`. The server is
    told of a limit, too, so that what nobody waits for any more ends there as well. With `direct`,
    where no pooler stands between, the sessions keep that limit and the statements.
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
    ) -> None:
        self._patience = min(timeout, _PATIENCE)
        self._dialer = Dialer(dsn, patience=self._patience)
        self._direct = direct
        settings = (
            # A little sooner than here, so that a statement that is too slow costs no connection.
            f"statement_timeout = {round(timeout * 950) + 1}",
            # Every order that is asked for is a key's; with stale statistics, PostgreSQL would
            # rather read and sort all tasks of a user than walk along the key for a page.
            "enable_sort = off",
        )
        self._session = "".join(f"SET {setting}; " for setting in settings)
        # In the statement's own round trip and transaction, so that poolers may share the session.
        self._transaction = "".join(f"SET LOCAL {setting}; " for setting in settings)
        self._size = size
        self._timeout = timeout
        self._connections: set[Connection] = set()
        self._idle: list[Connection] = []
        self._opening: set[asyncio.Task[Connection]] = set()
        self.queue = WaitQueue(limit=queue_limit, patience=acquire_timeout)
        self._refused_until: float | None = None
        self._closed = False
        self.timeouts = self.retries = self.conflicts = 0

    @property
    def size(self) -> int:
        """The number of connections there may be."""
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

        With `retry`, for statements that only read, it is sent once more if its connection is lost;
        any is sent again while another transaction is in its way. Raises `DatabaseUnavailable` or
        `DatabaseRefused`.
        """
        started = perf_counter()
        deadline = asyncio.get_running_loop().time() + self._timeout - elapsed.get()
        try:
            return await settled(lambda: self._send(sql, parameters, deadline, retry), deadline)
        except DatabaseTooSlow:
            self.timeouts += 1
            raise
        finally:
            elapsed.set(elapsed.get() + perf_counter() - started)

    def count_setback(self, setback: ConnectionLost | Conflict) -> None:
        """Count what a statement met that is a reason to send it again."""
        if isinstance(setback, Conflict):
            self.conflicts += 1
        else:
            self.retries += 1

    async def close(self) -> None:
        """End all connections; statements that run or wait raise `DatabaseUnavailable`."""
        self._closed = True
        self.queue.fail("The connection pool is closed.")
        for connection in tuple(self._connections):
            connection.close(DatabaseUnavailable("The connection pool is closed."))
        self._drop_idle()
        for task in self._opening:
            task.cancel()
        await asyncio.gather(*self._opening, return_exceptions=True)

    async def _send(
        self, sql: str, parameters: Mapping[str, object] | None, deadline: float, retry: bool
    ) -> Rows:
        try:
            try:
                return await self._run(sql, parameters, deadline)
            except ConnectionLost as lost:
                self._drop_idle()
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
        connection = self._idle.pop() if self._idle else await self._wait(deadline)
        timer = asyncio.get_running_loop().call_at(deadline, _end, connection)
        try:
            return await connection.execute(self._message(connection, sql), parameters)
        finally:
            timer.cancel()
            self._give_back(connection)

    def _message(self, connection: Connection, sql: str) -> str:
        if connection.prepared and sql in EXECUTE:
            return EXECUTE[sql]
        return self._transaction + sql

    async def _wait(self, deadline: float) -> Connection:
        if self._closed:
            raise DatabaseUnavailable("The connection pool is closed.")
        waiter = self.queue.join()
        self._grow()
        try:
            return await self.queue.turn(waiter, deadline)
        except BaseException:
            if connection := self.queue.leave(waiter):
                self._give_back(connection)
            raise

    def _grow(self) -> None:
        """Open what the waiters need; while the server refuses, one attempt at a time."""
        room = self._size - len(self._connections)
        most = min(room, 1) if self._refused_until else room
        for _ in range(min(most, len(self.queue)) - len(self._opening)):
            task = asyncio.create_task(self._open())
            self._opening.add(task)
            task.add_done_callback(self._opened)

    async def _open(self) -> Connection:
        if self._refused_until:
            await asyncio.sleep(self._refused_until - asyncio.get_running_loop().time())
        connection = Connection(await self._dialer.dial())
        if self._direct:
            await self._prepare(connection)
        return connection

    async def _prepare(self, connection: Connection) -> None:
        timer = asyncio.get_running_loop().call_later(self._patience, _end, connection)
        try:
            await connection.execute(self._session + PREPARE)
            connection.prepared = True
        except DatabaseRefused:
            return  # the tables are not there yet: what is asked then says so
        except DatabaseUnavailable:
            connection.close()
            raise
        finally:
            timer.cancel()

    def _opened(self, task: asyncio.Task[Connection]) -> None:
        self._opening.discard(task)
        if task.cancelled():
            return
        if error := task.exception():
            self._note(error)
        else:
            self._welcome(task.result())
        self._grow()

    def _note(self, failure: BaseException) -> None:
        if isinstance(failure.__cause__, TimeoutError):
            return  # silence proves nothing to those who have just come, and is pause enough
        self._refused_until = asyncio.get_running_loop().time() + _PAUSE
        if not self._connections:
            self.queue.fail(str(failure), failure)

    def _welcome(self, connection: Connection) -> None:
        self._refused_until = None
        connection.on_lost = self._forget
        self._connections.add(connection)
        self._give_back(connection)

    def _give_back(self, connection: Connection) -> None:
        if self._closed:
            connection.close()
        if connection.closed:
            self._forget(connection)
        elif not self.queue.hand(connection):
            self._idle.append(connection)

    def _forget(self, connection: Connection) -> None:
        if connection in self._idle:
            self._idle.remove(connection)
        self._connections.discard(connection)
        self._grow()

    def _drop_idle(self) -> None:
        """Close the idle connections: what ended one connection has mostly ended them all."""
        for connection in self._idle:
            connection.close()
        self._connections.difference_update(self._idle)
        self._idle.clear()


def _end(connection: Connection) -> None:
    connection.close(DatabaseTooSlow("The database did not answer in time."))
