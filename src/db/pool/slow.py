"""Statements that took long, told to the log by their names: their values are the users' own."""

import logging

from db.statements import NAMES

_log = logging.getLogger("todo_api.database")


def report(sql: str, seconds: float) -> None:
    """Log which statement took how long on its connection, the wait for that not included."""
    fields = {"statement": NAMES.get(sql, "other"), "duration_ms": round(seconds * 1000, 2)}
    _log.warning("slow statement", extra={"fields": fields})
