"""The statements with a fixed text; `db.pages` and `db.changes` have the others."""

from typing import Any

from sqlalchemy import CTE
from sqlalchemy.dialects.postgresql import BYTEA
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import (
    Text,
    any_,
    bindparam,
    col,
    delete,
    func,
    insert,
    literal_column,
    select,
    text,
)

from db.checks import privileges
from db.models import IdempotencyKey, Task
from db.parts import ALONG_A_KEY, ANY_VERSION, COLUMNS, NEW, THIS_TASK, USER, Statement, in_utc

_KEPT = text("interval '24 hours'")
_MOST_EXPIRED: ColumnElement[int] = literal_column("100")
_KEY = bindparam("key", type_=Text)
_FINGERPRINT = bindparam("fingerprint", type_=BYTEA)

GET = Statement.of("get", "SELECT tasks", select(*COLUMNS).where(THIS_TASK))

DELETE = Statement.of(
    "delete",
    "DELETE tasks",
    delete(Task).where(THIS_TASK, ANY_VERSION).returning(col(Task.id)),
)


def _claimed(fresh: CTE) -> CTE:
    """Claim the Idempotency-Key for the fresh id, or find the task it was claimed for before.

    The update changes nothing, but locks a claimed key's row and makes it visible even if another
    session committed it after this statement began; DO NOTHING would not
    (https://www.postgresql.org/docs/current/sql-insert.html#SQL-ON-CONFLICT).
    """
    claim = upsert(IdempotencyKey).from_select(
        ["user_id", "key", "fingerprint", "task_id"],
        select(USER, _KEY, _FINGERPRINT, fresh.c.id),
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
    values: dict[str, Any] = {
        "user_id": USER,
        "id": fresh.c.id,
        "created_at": instant,
        "updated_at": instant,
    }
    new = values | NEW
    claimed_now = select(*new.values()).join_from(claimed, fresh, claimed.c.task_id == fresh.c.id)
    return insert(Task).from_select([*new], claimed_now).cte("created")


def _expired() -> CTE:
    """Delete the user's oldest keys, a few at a time, but not the one that is being claimed.

    Keys locked by another statement are skipped: waiting for each other would be a deadlock.
    """
    theirs = col(IdempotencyKey.user_id) == USER
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


def _create_once() -> Statement:
    sequence = func.pg_get_serial_sequence(text("'tasks'"), text("'id'"))
    fresh = select(func.nextval(sequence).label("id")).cte("fresh")
    claimed = _claimed(fresh)
    answer = select(
        claimed.c.task_id, in_utc(claimed.c.created_at), claimed.c.fingerprint == _FINGERPRINT
    )
    both = answer.add_cte(_expired(), _created(fresh, claimed))
    summary = "INSERT idempotency_keys INSERT tasks"
    return Statement.of("create_once", summary, both, planning=ALONG_A_KEY)


CREATE_ONCE = _create_once()


def _values(names: tuple[str, ...]) -> str:
    return ", ".join(f"('{name}')" for name in names)


READINESS = Statement.of(
    "readiness",
    "SELECT",
    f"""
SELECT bool_and(to_regclass(name) IS NOT NULL),
    bool_and(has_table_privilege(to_regclass(name), privilege))
    AND CASE WHEN bool_and(to_regclass(name) IS NOT NULL) THEN
        has_sequence_privilege(pg_get_serial_sequence('tasks', 'id'), 'USAGE, UPDATE') END,
    current_setting('transaction_read_only') = 'on'
FROM (VALUES {_values(privileges.SERVED)}) AS tables (name),
    (VALUES {_values(privileges.RIGHTS)}) AS rights (privilege)
""",  # noqa: S608 (the names are constants of `privileges`)
)
"""Reads no user's data: whether the tables exist, whether this role has the privileges that the
other statements need, and whether the database is read-only, as a standby is."""
