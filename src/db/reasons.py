"""Why the database can't be reached, in one word: libpq's messages contain names and more."""

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
"""English messages of libpq and the server: a failed connection has no SQLSTATE."""

_LEAST_TELLING = ("closed", "timeout", "refused", "host name")
"""Failures before the server sent a message."""


def reason(error: BaseException) -> str | None:
    """Return why a connection failed, in one word, or None."""
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, socket.gaierror):
        return "host name"
    if isinstance(error, psycopg2.OperationalError) and error.pgcode is None:
        return next((word for said, word in _WORDS.items() if said in str(error)), None)
    return None


def most_telling(errors: Iterable[Exception]) -> Exception:
    """Return the most telling failure of those of several servers."""
    return min(errors, key=_rank)


def _rank(error: Exception) -> int:
    word = reason(error)
    return _LEAST_TELLING.index(word) if word in _LEAST_TELLING else -1
