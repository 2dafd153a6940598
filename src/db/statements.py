"""Every statement of the service, written with SQLModel and compiled to text once, at import.

Each names the user. An optional clause reads `NULL IS NULL OR ...`: psycopg2 puts the values into
the text, so PostgreSQL folds the constant and the planner drops the clause.
"""

from typing import Any

from sqlalchemy import CTE
from sqlalchemy.dialects.postgresql import BYTEA
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.dialects.postgresql.psycopg2 import dialect
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import (
    Boolean,
    Text,
    and_,
    any_,
    bindparam,
    case,
    cast,
    col,
    collate,
    delete,
    false,
    func,
    insert,
    literal_column,
    or_,
    select,
    text,
    true,
    update,
)

from db.checks import privileges
from db.models import IdempotencyKey, Task

_DIALECT = dialect()

_KEPT = text("interval '24 hours'")
_MOST_EXPIRED: ColumnElement[int] = literal_column("100")
_ZERO: ColumnElement[int] = literal_column("0")
_ONE: ColumnElement[int] = literal_column("1")
_USER = bindparam("user", type_=Text)
_TASK = bindparam("task", type_=Text)
_TITLE = bindparam("new_title", type_=Text)
_DESCRIPTION = bindparam("new_description", type_=Text)
_COMPLETE = bindparam("new_complete", type_=Boolean)
_KEY = bindparam("key", type_=Text)
_FINGERPRINT = bindparam("fingerprint", type_=BYTEA)


_LOWER_IS_COMMON: ColumnElement[bool] = literal_column(
    "lower('I') = 'i' AND lower(chr(1071)) = chr(1103)", Boolean
)
"""Whether `lower()` maps letters beyond ASCII, and I to i; the planner folds it to a constant."""


def _compiled(statement: ClauseElement) -> str:
    return str(statement.compile(dialect=_DIALECT))


def _unless_null(name: str, clause: ColumnElement[bool]) -> ColumnElement[bool]:
    return or_(bindparam(name, type_=Text).is_(None), clause)


def _in_utc(instant: Any) -> ColumnElement[Any]:
    """Return a timestamp in UTC without a zone, whatever the session's time zone is."""
    return func.timezone(text("'UTC'"), col(instant))


COLUMNS: tuple[Any, ...] = (
    col(Task.id),
    col(Task.user_id),
    col(Task.title),
    col(Task.description),
    col(Task.complete),
    col(Task.version),
    _in_utc(Task.created_at).label("created_at"),
    _in_utc(Task.updated_at).label("updated_at"),
)
"""The columns of a task, in the order of the contract's TaskResponse."""

_THIS_TASK = and_(col(Task.user_id) == _USER, col(Task.id) == _TASK)
_THIS_VERSION = and_(
    _THIS_TASK,
    _unless_null("versions", cast(Task.version, Text) == any_(bindparam("versions", type_=Text))),
)


def _contains(column: Any) -> ColumnElement[bool]:
    """Match a search; the hint is cheap and comes first, normalization is expensive and comes last.

    The planner estimates that a CASE is true for half of the rows. For a bare expression it would
    expect few rows, read the user's tasks in any order, and sort them.
    """
    hint = func.strpos(func.lower(column), bindparam("hint", type_=Text))
    unordered = (_matches(column, "accents"), func.normalize(column, text("NFD")))
    return case(
        (and_(_LOWER_IS_COMMON, hint == _ZERO), false()),
        (_matches(case(unordered, else_=column), "q"), true()),
        else_=false(),
    )


def _matches(column: Any, name: str) -> ColumnElement[bool]:
    """Match a regular expression under the collation C, independently of the locale."""
    return collate(column, "C").regexp_match(bindparam(name, type_=Text))


def _page(*, newest_first: bool) -> str:
    key = col(Task.id)
    after = bindparam("after", type_=Text)
    return _compiled(
        select(*COLUMNS)
        .where(
            col(Task.user_id) == _USER,
            _unless_null("after", key < after if newest_first else key > after),
            _unless_null("complete", col(Task.complete) == bindparam("complete", type_=Boolean)),
            _unless_null("q", or_(_contains(Task.title), _contains(Task.description))),
        )
        .order_by(key.desc() if newest_first else key.asc())
        .limit(bindparam("limit", type_=Text))
    )


NEWEST_PAGE = _page(newest_first=True)
OLDEST_PAGE = _page(newest_first=False)

GET = _compiled(select(*COLUMNS).where(_THIS_TASK))

CREATE = _compiled(
    insert(Task).values(user_id=_USER, title=_TITLE, description=_DESCRIPTION).returning(*COLUMNS)
)

_CHANGE = (
    update(Task)
    .where(_THIS_VERSION)
    .values(version=col(Task.version) + _ONE, updated_at=func.now())
    .returning(*COLUMNS)
)

REPLACE = _compiled(_CHANGE.values(title=_TITLE, description=_DESCRIPTION, complete=_COMPLETE))

PATCH = _compiled(
    _CHANGE.values(
        title=func.coalesce(_TITLE, Task.title),
        description=case(
            (bindparam("describe", type_=Boolean), _DESCRIPTION), else_=col(Task.description)
        ),
        complete=func.coalesce(_COMPLETE, Task.complete),
    )
)

DELETE = _compiled(delete(Task).where(_THIS_VERSION).returning(col(Task.id)))


def _claimed(fresh: CTE) -> CTE:
    """Claim the Idempotency-Key for the fresh id, or find the task it was claimed for before.

    The update changes nothing, but locks a claimed key's row and makes it visible even if another
    session committed it after this statement began; DO NOTHING would not
    (https://www.postgresql.org/docs/current/sql-insert.html#SQL-ON-CONFLICT).
    """
    claim = upsert(IdempotencyKey).from_select(
        ["user_id", "key", "fingerprint", "task_id"],
        select(_USER, _KEY, _FINGERPRINT, fresh.c.id),
    )
    once = claim.on_conflict_do_update(
        index_elements=["user_id", "key"], set_={"key": claim.excluded.key}
    )
    return once.returning(
        col(IdempotencyKey.task_id),
        col(IdempotencyKey.fingerprint),
        col(IdempotencyKey.created_at),
    ).cte("claimed")


def _created(fresh: CTE, claimed: CTE) -> CTE:
    """Create the task, unless the key was claimed before for another id."""
    instant = claimed.c.created_at
    values: tuple[Any, ...] = (_USER, fresh.c.id, _TITLE, _DESCRIPTION, instant, instant)
    claimed_now = select(*values).join_from(claimed, fresh, claimed.c.task_id == fresh.c.id)
    columns = ["user_id", "id", "title", "description", "created_at", "updated_at"]
    return insert(Task).from_select(columns, claimed_now).cte("created")


def _expired() -> CTE:
    """Delete the user's oldest keys, a few at a time, but not the one that is being claimed.

    Keys locked by another statement are skipped: waiting for each other would be a deadlock.
    """
    theirs = col(IdempotencyKey.user_id) == _USER
    old = (
        select(IdempotencyKey.key)
        .where(
            theirs,
            col(IdempotencyKey.key) != _KEY,
            col(IdempotencyKey.created_at) < func.now() - _KEPT,
        )
        .order_by(col(IdempotencyKey.created_at))
        .limit(_MOST_EXPIRED)
        .with_for_update(skip_locked=True)
    )
    # An array, because PostgreSQL would join a subquery with all keys of the user.
    expired = any_(func.array(old.scalar_subquery()))
    return delete(IdempotencyKey).where(theirs, col(IdempotencyKey.key) == expired).cte("expired")


def _create_once() -> str:
    sequence = func.pg_get_serial_sequence(text("'tasks'"), text("'id'"))
    fresh = select(func.nextval(sequence).label("id")).cte("fresh")
    claimed = _claimed(fresh)
    answer = select(
        claimed.c.task_id, _in_utc(claimed.c.created_at), claimed.c.fingerprint == _FINGERPRINT
    )
    return _compiled(answer.add_cte(_expired(), _created(fresh, claimed)))


CREATE_ONCE = _create_once()


def _values(names: tuple[str, ...]) -> str:
    return ", ".join(f"('{name}')" for name in names)


READINESS = f"""
SELECT bool_and(to_regclass(name) IS NOT NULL),
    bool_and(has_table_privilege(to_regclass(name), privilege))
    AND CASE WHEN bool_and(to_regclass(name) IS NOT NULL) THEN
        has_sequence_privilege(pg_get_serial_sequence('tasks', 'id'), 'USAGE, UPDATE') END,
    current_setting('transaction_read_only') = 'on'
FROM (VALUES {_values(privileges.SERVED)}) AS tables (name),
    (VALUES {_values(privileges.RIGHTS)}) AS rights (privilege)
"""  # noqa: S608 (the names are constants of `privileges`)
"""Reads no user's data: whether the tables exist, whether this role has the privileges that the
other statements need, and whether the database is read-only, as a standby is."""

NAMES = {
    text: name.lower()
    for name, text in tuple(globals().items())
    if name.isupper() and isinstance(text, str)
}
"""The name of each statement, for logs and traces."""
