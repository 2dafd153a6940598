"""The limit: pgbench sends what our service sends, and does nothing with the rows."""

import re
import subprocess
from pathlib import Path

from bench.database import TASKS_EACH, USERS, Database
from bench.load import CONNECTIONS
from bench.workload import DESCRIPTION, TITLE
from db import changes, pages, statements

MODES = ("prepared", "simple")
"""`simple` is what our service sends through a pooler, to the letter: the values in the text."""

_STATEMENTS = {
    "GET one": statements.GET,
    "list of 50": pages.page("-created_at", frozenset(), goes_on=False),
    "POST": changes.create(frozenset({"title", "description"})),
    "PATCH": changes.change("patch", frozenset({"complete"}), versioned=False),
}
_PREPARED = {**_STATEMENTS, "POST": changes.CREATE, "PATCH": changes.PATCH}
_VARIABLES = rf"""
\set number random(0, {len(USERS) - 1})
\set user {USERS[0]} + :number
\set task :number + 1 + {len(USERS)} * random(0, {TASKS_EACH - 1})
"""
_NOT_GIVEN = ("versions", "new_due_date", "new_priority", "new_tags")
_LITERALS = {"limit": "51", "schedule": "false", **dict.fromkeys(_NOT_GIVEN, "NULL")}
_CREATED = {
    "new_title": f"'{TITLE}'",
    "new_description": f"'{DESCRIPTION}'",
    "new_priority": "0",
    "new_tags": "'{}'",
}
_PATCHED = {"new_title": "NULL", "new_description": "NULL", "new_complete": "true"}


class LimitError(Exception):
    """What pgbench said instead of a rate."""


def rate_of(database: Database, operation: str, mode: str, seconds: int, folder: Path) -> float:
    """Return the transactions a second that PostgreSQL does of this operation's statement."""
    script = folder / f"{operation} {mode}.pgbench"
    script.write_text(_VARIABLES + _statement(operation, mode) + ";\n")
    options = [f"--client={CONNECTIONS}", "--jobs=1", f"--time={seconds}", "--no-vacuum"]
    done = subprocess.run(
        [database.programs / "pgbench", *options, f"--protocol={mode}", "-f", script, database.url],
        check=False,
        capture_output=True,
        text=True,
    )
    found = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
    if done.returncode or not found or "failed transactions: 0 " not in done.stdout:
        raise LimitError(done.stdout + done.stderr)
    return float(found[1])


def _statement(operation: str, mode: str) -> str:
    user = ":user" if mode == "prepared" else "':user'"
    values = _CREATED if operation == "POST" else _PATCHED
    parameters = {"user": user, "task": ":task", "describe": "false", **_LITERALS, **values}
    if mode == "prepared":
        return str(_PREPARED[operation] % parameters)
    statement = _STATEMENTS[operation]
    return statement.planning.replace("; ", " \\; ") + str(statement % parameters)
