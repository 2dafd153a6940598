"""The statements as server-side prepared statements (PREPARE), for direct connections only.

A pooler in transaction mode may run every transaction in another session, which lacks them.
Statements with a LIMIT are planned for each execution: a generic plan for all users, cursors and
limits would be a bad one for most.
"""

import re

from db import statements

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

_NAMED = {
    name.lower(): text
    for name, text in vars(statements).items()
    if isinstance(text, str) and _PLACEHOLDER.search(text) and "LIMIT" not in text
}


def _prepare(name: str, text: str) -> str:
    parameters = _parameters(text)
    types = ", ".join(_TYPES[parameter] for parameter in parameters)
    numbered = _PLACEHOLDER.sub(lambda found: f"${parameters.index(found[1]) + 1}", text)
    return f'PREPARE "{name}" ({types}) AS {numbered}'


def _execute(name: str, text: str) -> str:
    values = ", ".join(f"%({parameter})s" for parameter in _parameters(text))
    return f'EXECUTE "{name}" ({values})'


def _parameters(text: str) -> list[str]:
    return list(dict.fromkeys(_PLACEHOLDER.findall(text)))


PREPARE = "; ".join(_prepare(name, text) for name, text in _NAMED.items())
"""Prepares all of them."""

EXECUTE = {text: _execute(name, text) for name, text in _NAMED.items()}
"""The EXECUTE of each prepared statement."""
