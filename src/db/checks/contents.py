"""What is in the tables at one moment, which `pg_dump` sees, too.

Source: https://www.postgresql.org/docs/current/functions-admin.html (snapshot synchronization)
"""

from typing import NamedTuple

from sqlalchemy import Connection, text

_HOLD = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
_ARE_THERE = text(
    "SELECT to_regclass('tasks') IS NOT NULL AND to_regclass('idempotency_keys') IS NOT NULL"
)
_COUNT = text("SELECT count(*), count(DISTINCT user_id) FROM tasks")
_EXPORT = text("SELECT pg_export_snapshot()")


class Contents(NamedTuple):
    """What the transaction sees for as long as it lasts; `snapshot` names that for others."""

    snapshot: str
    tasks: int
    users: int


def contents(connection: Connection) -> Contents | None:
    """Begin a transaction that sees no later change; None where the tables are missing."""
    connection.execute(_HOLD)
    if not connection.scalar(_ARE_THERE):
        return None
    tasks, users = connection.execute(_COUNT).one()
    return Contents(str(connection.scalar(_EXPORT)), tasks, users)
