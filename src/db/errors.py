"""All errors of `db`; psycopg2's own errors never leave it."""

import psycopg2


class TaskNotFound(Exception):
    """The user has no such task."""


class StaleVersion(Exception):
    """The task exists, but in another version."""


class NoVersionNamed(Exception):
    """The task exists, but the precondition names no version, as with weak ETags only."""


class IdempotencyKeyReused(Exception):
    """The key was used before, with another request."""


class InvalidCursor(Exception):
    """The cursor was not issued for this list."""


class DatabaseUnavailable(Exception):
    """The database is unreachable, too slow or busy: try again later."""


class DatabaseTooSlow(DatabaseUnavailable):
    """A statement, or the wait for a connection, exceeded its time limit."""


class WaitedTooLong(DatabaseTooSlow):
    """No connection became free in time, because of load; no statement was sent."""


class DatabaseOverloaded(DatabaseUnavailable):
    """The pool's wait queue is full."""


class ConnectionLost(DatabaseUnavailable):
    """The connection ended before the result came; unless `sent`, nothing was executed."""

    def __init__(self, *, sent: bool = True) -> None:
        super().__init__("The connection to the database was lost.")
        self.sent = sent


class DatabaseReadOnly(DatabaseUnavailable):
    """The database is read-only, as a standby is; nothing was executed."""


class Conflict(DatabaseUnavailable):
    """Another transaction conflicted, and nothing was executed: try again at once."""


class DatabaseRefused(Exception):
    """The database refused a valid statement: a fault of the service."""


READ_ONLY = "25006"

_CONFLICTS = (
    "40001",  # serialization failure, write conflict
    "40P01",  # deadlock
)
_CANCELLED = "57014"  # by statement_timeout, or an operator
_ENDS_SESSION = ("08", "57P01", "57P02", "57P03", "57P04", "57P05")
_PASSES = (
    READ_ONLY,  # a failover left this connection on a standby
    "25P04",  # transaction_timeout
    "28",  # authentication failed; poolers report it late
    "3D",  # likewise: no such database
    "40",  # rolled back; after 40003 that is unknown
    "53",  # out of memory, disk or connections
    "55P03",  # lock_timeout
    "57",  # an operator intervened
    "58",  # the server's disk or system failed
)


def translated(error: psycopg2.Error) -> Exception:
    """Return the error of this module for one of psycopg2's, with that as its cause.

    Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
    """
    failure = _failure(error, error.pgcode)
    failure.__cause__ = error
    return failure


def _failure(error: psycopg2.Error, sqlstate: str | None) -> Exception:
    if sqlstate is None:
        return ConnectionLost() if _comes_from_libpq(error) else DatabaseRefused(_REFUSED)
    if sqlstate.startswith(_ENDS_SESSION):
        return ConnectionLost()
    if sqlstate == _CANCELLED:
        return DatabaseTooSlow(f"The database did not answer in time (SQLSTATE {sqlstate}).")
    if sqlstate in _CONFLICTS:
        return Conflict(f"Another transaction was in the way (SQLSTATE {sqlstate}).")
    if sqlstate.startswith(_PASSES):
        passing = DatabaseReadOnly if sqlstate == READ_ONLY else DatabaseUnavailable
        return passing(f"The database is unavailable (SQLSTATE {sqlstate}).")
    return DatabaseRefused(f"{_REFUSED} (SQLSTATE {sqlstate})")


_REFUSED = "The database refused a statement"


def _comes_from_libpq(error: psycopg2.Error) -> bool:
    """Tell a broken connection from a statement that psycopg2 itself refused."""
    return (
        isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError)
        or type(error) is psycopg2.DatabaseError
    )
