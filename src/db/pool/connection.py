"""One psycopg2 connection in asynchronous mode, driven by the running event loop."""

import asyncio
import select
from collections.abc import Callable, Mapping
from typing import Any, Self

import psycopg2
from psycopg2.extensions import POLL_OK, POLL_WRITE

from db.errors import READ_ONLY, ConnectionLost, translated
from db.pool.dialing.dialer import Dialer
from db.pool.dialing.link import Link

Rows = list[tuple[Any, ...]]

_SENT_AT_ONCE = 4096
"""Bytes: a statement of that size is sent by `execute`, as the socket of an idle connection has
nothing to send (tcp(7), tcp_wmem). To ask poll() would only try to read the answer, too early:
without it, a GET takes 2 to 3 % less."""


class Connection:
    """Runs one statement at a time, each in its own transaction.

    `on_lost` is called when the server ends the connection while no statement runs. `prepared`
    tells whether the session has the prepared statements of `db.pool.prepared`, `limited` whether
    its statements have a timeout without being told.
    """

    prepared = limited = False

    def __init__(self, link: Link) -> None:
        self.closed = False
        self.on_lost: Callable[[Connection], object] | None = None
        self._link = link
        self._fd = link.fileno()
        self._unasked = select.poll()
        self._unasked.register(self._fd, select.POLLIN)
        self._cursor: Any = None
        self._reply: asyncio.Future[Rows] | None = None
        self._writing = False
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._fd, self._advance)

    @classmethod
    async def open(cls, dsn: str, *, patience: float = 10.0) -> Self:
        """Connect to the first server of `dsn` that can be used.

        Each address has `connect_timeout` of `dsn`, else `patience` seconds. Raises
        `DatabaseUnavailable`.
        """
        return cls(await Dialer(dsn, patience=patience).dial())

    async def execute(self, sql: str, parameters: Mapping[str, object] | None = None) -> Rows:
        """Run a statement and return its rows; cancelling it closes the connection.

        Raises `DatabaseUnavailable` or `DatabaseRefused`.
        """
        if not self.closed and self._unasked.poll(0):
            self.close()  # the server ended it, and the loop has not reported it yet
        if self.closed:
            raise ConnectionLost(sent=False)
        self._cursor = self._link.cursor()
        try:
            self._cursor.execute(sql, parameters)
        except psycopg2.Error as error:
            raise self._failed(error) from error
        try:
            return await self._answered()
        except asyncio.CancelledError:
            self.close()
            raise

    def close(self, reason: Exception | None = None) -> None:
        """End the connection; a running statement fails with `reason`."""
        if self.closed:
            return
        self.closed = True
        self._loop.remove_reader(self._fd)
        self._write(wanted=False)
        self._link.close()
        self._fail(reason or ConnectionLost())

    def _answered(self) -> asyncio.Future[Rows]:
        self._reply = reply = self._loop.create_future()
        if len(self._cursor.query) > _SENT_AT_ONCE:
            self._advance()  # the rest of it may have to be sent
        return reply

    def _succeed(self, rows: Rows) -> None:
        reply, self._reply = self._reply, None
        if reply is not None and not reply.done():
            reply.set_result(rows)

    def _fail(self, failure: Exception) -> None:
        reply, self._reply = self._reply, None
        if reply is not None and not reply.done():
            reply.set_exception(failure)

    def _advance(self) -> None:
        if self._reply is None:
            self._lose()
            return
        try:
            state = self._link.poll()
            self._write(wanted=state == POLL_WRITE)
            if state == POLL_OK:
                cursor, self._cursor = self._cursor, None  # or its result would stay in memory
                self._succeed(cursor.fetchall() if cursor.description else [])
        except psycopg2.Error as error:
            self._fail(self._failed(error))

    def _lose(self) -> None:
        """Drop a connection that is readable while idle: poll() finds nothing wrong even at EOF."""
        self.close()
        if self.on_lost is not None:
            self.on_lost(self)

    def _failed(self, error: psycopg2.Error) -> Exception:
        failure = translated(error)
        if isinstance(failure, ConnectionLost) or self._link.closed or error.pgcode == READ_ONLY:
            self.close(failure)
        return failure

    def _write(self, *, wanted: bool) -> None:
        if wanted and not self._writing:
            self._loop.add_writer(self._fd, self._advance)
        elif self._writing and not wanted:
            self._loop.remove_writer(self._fd)
        self._writing = wanted
