"""Why the database can't be reached, in one word: libpq's message contains names and more."""

import socket
from collections.abc import Iterable

import psycopg2

_WORDS = {
    "password": "password",
    "no pg_hba.conf entry": "not admitted",
    "authentication failed": "not admitted",
    "too many": "too many connections",
    "connection slots": "too many connections",
    "certificate": "TLS",
    "SSL": "TLS",
    "Connection refused": "refused",
    "closed the connection": "closed",
    "session is ": "target_session_attrs",
    "hot standby mode": "target_session_attrs",
    " does not exist": "no such database or role",
}
"""What libpq and the server say in English, as a connection that fails has no SQLSTATE."""

_LEAST_TELLING = ("closed", "timeout", "refused", "host name")
"""From servers that did not come as far as to say anything."""


def reason(error: BaseException) -> str | None:
    """Return the kind of reason for which a connection failed, or None."""
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, socket.gaierror):
        return "host name"
    if isinstance(error, psycopg2.OperationalError) and error.pgcode is None:
        return next((word for said, word in _WORDS.items() if said in str(error)), None)
    return None


def most_telling(errors: Iterable[Exception]) -> Exception:
    """Return the failure that says most, of those with which several servers were tried."""
    return min(errors, key=_rank)


def _rank(error: Exception) -> int:
    word = reason(error)
    return _LEAST_TELLING.index(word) if word in _LEAST_TELLING else -1
