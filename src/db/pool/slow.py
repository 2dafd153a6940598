"""Log slow statements, by name only: their values are the users' data."""

import logging

_log = logging.getLogger("todo_api.database")


def report(sql: str, seconds: float) -> None:
    """Log a statement and its time in seconds, without the wait for a connection."""
    fields = {"statement": getattr(sql, "name", "other"), "duration_ms": round(seconds * 1000, 2)}
    _log.warning("slow statement", extra={"fields": fields})
