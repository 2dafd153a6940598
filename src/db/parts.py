"""The parts of statements, which SQLModel compiles to text once. Each statement names the user."""

from typing import Any, Self

from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql.psycopg2 import dialect
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import SmallInteger, Text, and_, any_, bindparam, case, cast, col, func, or_, text

from db.models import Task

_DIALECT = dialect()

USER = bindparam("user", type_=Text)

THIS_VERSION = cast(Task.version, Text) == any_(bindparam("versions", type_=Text))
ANY_VERSION = or_(bindparam("versions", type_=Text).is_(None), THIS_VERSION)
THIS_TASK = and_(col(Task.user_id) == USER, col(Task.id) == bindparam("task", type_=Text))

NEW: dict[str, Any] = {
    "title": bindparam("new_title", type_=Text),
    "description": bindparam("new_description", type_=Text),
    "due_date": bindparam("new_due_date", type_=Text),
    "priority": bindparam("new_priority", type_=SmallInteger),
    "tags": bindparam("new_tags", type_=ARRAY(Text)),
}
"""The properties that a body may have, but for complete, which only a change may set."""

ALONG_A_KEY = "SET LOCAL enable_sort = off; "
"""For an order that an index has: with stale statistics, PostgreSQL would read and sort all tasks
of a user instead of walking the index for a page. Statements that have to sort must not have it:
up to version 17, a disabled sort seems so expensive that PostgreSQL compiles the statement (JIT),
which takes 260 ms for a page of 0.3 ms."""


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


def in_utc(instant: Any) -> ColumnElement[Any]:
    """Return a timestamp in UTC without a zone, whatever the session's time zone is."""
    return func.timezone(text("'UTC'"), instant)


COLUMNS: tuple[Any, ...] = (
    col(Task.id),
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
"""The columns of a task, in the order of the contract's TaskResponse; its user is known."""
