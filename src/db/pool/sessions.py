"""How sessions begin, and the settings that they or their statements carry."""

import asyncio

from db.errors import DatabaseRefused, DatabaseTooSlow, DatabaseUnavailable
from db.pool.connection import Connection
from db.pool.dialing.dialer import Dialer
from db.pool.prepared import EXECUTE, PREPARE

_PATIENCE = 4.0  # seconds for each address; a lost SYN is sent again after 1 and 3


class Sessions:
    """Sessions with a statement timeout of `timeout` seconds.

    With `direct` (no pooler in between), a session keeps the timeout and prepared statements;
    otherwise each statement carries the timeout.
    """

    def __init__(self, dsn: str, *, timeout: float, direct: bool) -> None:
        self._direct = direct
        self._patience = min(timeout, _PATIENCE)
        self._dialer = Dialer(dsn, patience=self._patience)
        # A little shorter than our own, so that a slow statement does not cost a connection.
        limit = f"statement_timeout = {round(timeout * 950) + 1}"
        self._kept = f"SET {limit}; "
        # In the statement's own round trip and transaction, so that poolers can share sessions.
        self._sent = f"SET LOCAL {limit}; "

    async def open(self) -> Connection:
        """Begin a session; raises `DatabaseUnavailable`."""
        connection = Connection(await self._dialer.dial())
        if self._direct:
            await self._prepare(connection)
        return connection

    def message(self, connection: Connection, sql: str) -> str:
        """Return the SQL that runs the statement on this connection."""
        if not connection.prepared:
            return self._sent + getattr(sql, "planning", "") + sql
        execute = EXECUTE.get(getattr(sql, "name", ""))
        return execute or getattr(sql, "planning", "") + sql

    async def _prepare(self, connection: Connection) -> None:
        loop = asyncio.get_running_loop()
        timer = loop.call_later(self._patience, end, connection)
        try:
            await connection.execute(self._kept + PREPARE)
            connection.prepared = True
        except DatabaseRefused:
            return  # the tables don't exist yet; the statements will report it
        except DatabaseUnavailable:
            connection.close()
            raise
        finally:
            timer.cancel()


def end(connection: Connection) -> None:
    """End a session whose server is silent; its statement raises `DatabaseTooSlow`."""
    connection.close(DatabaseTooSlow("The database did not answer in time."))
