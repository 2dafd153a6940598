"""The statements as server-side prepared statements (PREPARE), for direct connections only.

A pooler in transaction mode may run every transaction in another session, which lacks them.
Statements with a LIMIT are planned for each execution: a generic plan for all users, cursors and
limits would be a bad one for most.
"""

import re

from db import changes, statements
from db.parts import Statement

_TYPES = {
    "describe": "boolean",
    "fingerprint": "bytea",
    "key": "text",
    "new_complete": "boolean",
    "new_description": "text",
    "new_due_date": "text",
    "new_priority": "smallint",
    "new_tags": "text[]",
    "new_title": "text",
    "schedule": "boolean",
    "task": "bigint",
    "user": "text",
    "versions": "text[]",
}
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")

_KEPT = (statements.GET, statements.DELETE, changes.CREATE, changes.REPLACE, changes.PATCH)


def _prepare(statement: Statement) -> str:
    parameters = _parameters(statement)
    types = ", ".join(_TYPES[parameter] for parameter in parameters)
    numbered = _PLACEHOLDER.sub(lambda found: f"${parameters.index(found[1]) + 1}", statement)
    return f'PREPARE "{statement.name}" ({types}) AS {numbered}'


def _execute(statement: Statement) -> str:
    values = ", ".join(f"%({parameter})s" for parameter in _parameters(statement))
    return f'EXECUTE "{statement.name}" ({values})'


def _parameters(text: str) -> list[str]:
    return list(dict.fromkeys(_PLACEHOLDER.findall(text)))


PREPARE = "; ".join(map(_prepare, _KEPT))
"""Prepares all of them."""

EXECUTE = {statement.name: _execute(statement) for statement in _KEPT}
"""The EXECUTE of each prepared statement, by the name that it and those it replaces have."""
