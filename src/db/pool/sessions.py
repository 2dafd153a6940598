"""How sessions begin, and the settings that they or their statements carry."""

import asyncio

from db.errors import DatabaseRefused, DatabaseTooSlow, DatabaseUnavailable
from db.pool.connection import Connection
from db.pool.dialing.dialer import Dialer
from db.pool.prepared import EXECUTE, PREPARE

_PATIENCE = 4.0  # seconds for each address; a lost SYN is sent again after 1 and 3
_DEFAULT = "SELECT reset_val FROM pg_settings WHERE name = 'statement_timeout'"
"""Asks for what sessions of this role begin with, in milliseconds; 0 is no limit."""


class Sessions:
    """Sessions with a statement timeout of `timeout` seconds.

    With `direct` (no pooler in between), a session keeps the timeout and prepared statements.
    Otherwise each statement carries the timeout, unless the role's own (ALTER ROLE ... SET) is as
    short: a pooler's sessions all begin with that.
    """

    def __init__(self, dsn: str, *, timeout: float, direct: bool) -> None:
        self._direct = direct
        self._patience = min(timeout, _PATIENCE)
        self._dialer = Dialer(dsn, patience=self._patience)
        # A little shorter than our own, so that a slow statement does not cost a connection.
        self._limit = round(timeout * 950) + 1
        limit = f"statement_timeout = {self._limit}"
        self._kept = f"SET {limit}; "
        # In the statement's own round trip and transaction, so that poolers can share sessions.
        self._sent = f"SET LOCAL {limit}; "

    async def open(self) -> Connection:
        """Begin a session; raises `DatabaseUnavailable`."""
        connection = Connection(await self._dialer.dial())
        loop = asyncio.get_running_loop()
        timer = loop.call_later(self._patience, end, connection)
        try:
            await (self._prepare if self._direct else self._ask)(connection)
        except DatabaseRefused:
            pass  # the tables don't exist yet, and the statements will report it
        except DatabaseUnavailable:
            connection.close()
            raise
        finally:
            timer.cancel()
        return connection

    def message(self, connection: Connection, sql: str) -> str:
        """Return the SQL that runs the statement on this connection."""
        if not connection.prepared:
            limit = "" if connection.limited else self._sent
            return limit + getattr(sql, "planning", "") + sql
        execute = EXECUTE.get(getattr(sql, "name", ""))
        return execute or getattr(sql, "planning", "") + sql

    async def _prepare(self, connection: Connection) -> None:
        await connection.execute(self._kept + PREPARE)
        connection.prepared = True

    async def _ask(self, connection: Connection) -> None:
        for (default,) in await connection.execute(_DEFAULT):
            connection.limited = 0 < int(default) <= self._limit


def end(connection: Connection) -> None:
    """End a session whose server is silent; its statement raises `DatabaseTooSlow`."""
    connection.close(DatabaseTooSlow("The database did not answer in time."))
