"""The parts of statements, which SQLModel compiles to text once.

Each statement names the user. An optional clause reads `NULL IS NULL OR ...`: psycopg2 puts the
values into the text, so PostgreSQL folds the constant and the planner drops the clause.
"""

from typing import Any, Self

from sqlalchemy.dialects.postgresql.psycopg2 import dialect
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Text, bindparam, case, col, func, or_, text

from db.models import Task

_DIALECT = dialect()

USER = bindparam("user", type_=Text)

ALONG_A_KEY = "SET LOCAL enable_sort = off; "
"""For an order that is a key's: with stale statistics, PostgreSQL would rather read and sort all
tasks of a user than walk along the key for a page. Any other order is never asked for with it: up
to version 17, a sort that is off seems so dear that PostgreSQL compiles the statement first (JIT),
which takes 260 ms for a page that takes 0.3."""


class Statement(str):
    """A statement's text, with its names for logs and traces, and how to plan it.

    `name` is one word; `summary` has the verbs and the tables (db.query.summary of OpenTelemetry's
    semantic conventions). `planning` has the settings that its transaction makes first.
    """

    __slots__ = ("name", "planning", "summary")

    name: str
    summary: str
    planning: str

    @classmethod
    def of(
        cls, name: str, summary: str, clause: ClauseElement | str, *, planning: str = ""
    ) -> Self:
        """Return the text of a clause for psycopg2."""
        statement = cls(clause if isinstance(clause, str) else clause.compile(dialect=_DIALECT))
        statement.name, statement.summary, statement.planning = name, summary, planning
        return statement


def unless_null(name: str, clause: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return a clause that is true of every row if the parameter `name` is NULL."""
    return or_(bindparam(name, type_=Text).is_(None), clause)


def in_utc(instant: Any) -> ColumnElement[Any]:
    """Return a timestamp in UTC without a zone, whatever the session's time zone is."""
    return func.timezone(text("'UTC'"), instant)


COLUMNS: tuple[Any, ...] = (
    col(Task.id),
    col(Task.user_id),
    col(Task.title),
    col(Task.description),
    col(Task.complete),
    col(Task.version),
    in_utc(col(Task.created_at)).label("created_at"),
    in_utc(col(Task.updated_at)).label("updated_at"),
    col(Task.due_date),
    col(Task.priority),
    col(Task.tags),
    # A release before 1.3.0 that runs beside this one reopens a task and leaves the instant.
    in_utc(case((col(Task.complete), col(Task.completed_at)))).label("completed_at"),
)
"""The columns of a task, in the order of the contract's TaskResponse."""
