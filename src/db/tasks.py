"""The operations on a user's tasks: one statement each, in one round trip.

Only if a change with `If-Match` finds nothing, a second statement tells why.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from db import changes, search, statements
from db.errors import IdempotencyKeyReused, NoVersionNamed, StaleVersion, TaskNotFound
from db.models import PRIORITIES
from db.pages import due_key
from db.pages import page as page_of
from db.paging import Position, cursor_after, position_of
from db.pool.pool import Pool

Task = dict[str, Any]
"""The contract's TaskResponse."""

Body = dict[str, Any]
"""The contract's TaskCreate, TaskUpdate or TaskPatch, checked."""

_RANKS = {name: rank for rank, name in enumerate(PRIORITIES)}
_AS_NEW: tuple[object, ...] = (None, PRIORITIES[0], [])
"""The due date, priority and tags of a task that was created without them."""

_IN_FULL = len("2026-11-21 08:15:30.123456")


async def page(
    pool: Pool, user: str, filters: dict[str, Any], *, order: str, limit: int, cursor: str | None
) -> tuple[list[Task], str | None]:
    """Return up to `limit` of the user's tasks and the cursor of the next page, if there is one.

    `filters` has the values of some of `db.pages.FILTERS`, `order` is one of `db.pages.ORDERS`.
    Raises `InvalidCursor` if the cursor belongs to another list.
    """
    of_list = _list(user, filters, order)
    values = {"user": user, "limit": limit + 1, **_asked(filters)}
    if cursor is not None:
        values["after"], values["after_key"] = position_of(cursor, order, *of_list)
    statement = page_of(order, frozenset(filters), goes_on=cursor is not None)
    rows = await pool.execute(statement, values, retry=True)
    tasks = [_task(user, row) for row in rows[:limit]]
    more = len(rows) > limit
    return tasks, cursor_after(_position(tasks[-1], order), order, *of_list) if more else None


def _list(user: str, filters: dict[str, Any], order: str) -> tuple[object, ...]:
    """Return the list that a cursor belongs to; lists of 1.2.0 are described as in 1.2.0."""
    of_list = (user, filters.get("complete"), filters.get("q"), order == "-created_at")
    later = {name: filters[name] for name in filters if name not in {"complete", "q"}}
    if later or not order.endswith("created_at"):
        return *of_list, order, *sorted(later.items())
    return of_list


def _asked(filters: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of the filters' clauses."""
    asked = dict(filters)
    if "q" in filters:
        asked |= search.parameters(filters["q"])
    if "min_priority" in filters:
        asked["min_priority"] = _RANKS[filters["min_priority"]]
    return asked


def _position(task: Task, order: str) -> Position:
    if order == "-priority":
        return Position(task["id"], _RANKS[task["priority"]])
    return Position(task["id"], due_key(task["due_date"]) if order == "due_date" else None)


async def get(pool: Pool, user: str, task: int) -> Task:
    """Return one task; raises `TaskNotFound`."""
    rows = await pool.execute(statements.GET, {"user": user, "task": task}, retry=True)
    if not rows:
        raise TaskNotFound
    return _task(user, rows[0])


async def create(pool: Pool, user: str, new: Body) -> Task:
    """Create a task and return it."""
    rows = await pool.execute(changes.create(frozenset(new)), _created(user, new))
    return _task(user, rows[0])


async def create_once(pool: Pool, user: str, new: Body, key: str) -> Task:
    """Create a task, or return the task as the first request with this key did.

    Raises `IdempotencyKeyReused` if that request had another body.
    """
    values = _created(user, new)
    claim = {"key": key, "fingerprint": _fingerprint(new)}
    rows = await pool.execute(statements.CREATE_ONCE, {**values, **claim})
    task, created_at, same_body = rows[0]
    if not same_body:
        raise IdempotencyKeyReused
    text = (values["new_title"], values["new_description"])
    later = (values["new_due_date"], values["new_priority"], values["new_tags"], None)
    return _task(user, (task, *text, False, 1, created_at, created_at, *later))


def _created(user: str, new: Body) -> dict[str, Any]:
    return {
        "user": user,
        "new_title": new["title"],
        "new_description": new.get("description"),
        "new_due_date": new.get("due_date"),
        "new_priority": _RANKS[new.get("priority", PRIORITIES[0])],
        "new_tags": new.get("tags", []),
    }


def _fingerprint(new: Body) -> bytes:
    """Return a digest of the body; bodies that 1.2.0 accepted have the digest of 1.2.0."""
    text = (new["title"], new.get("description"))
    later = (new.get("due_date"), new.get("priority", PRIORITIES[0]), new.get("tags", []))
    return sha256(repr(text if later == _AS_NEW else text + later).encode()).digest()


async def replace(
    pool: Pool, user: str, task: int, new: Body, *, versions: Sequence[str] | None
) -> Task:
    """Replace a task and return it; properties later than 1.2.0 that `new` lacks are kept.

    With `versions`, only if it has one of them. Raises `TaskNotFound`, `StaleVersion`, or
    `NoVersionNamed` if `versions` is empty.
    """
    return await _set(pool, "replace", user, task, {"description": None, **new}, versions)


async def patch(
    pool: Pool, user: str, task: int, sent: Body, *, versions: Sequence[str] | None
) -> Task:
    """Change the properties in `sent` and return the task.

    With `versions`, only if it has one of them. Raises `TaskNotFound`, `StaleVersion`, or
    `NoVersionNamed` if `versions` is empty.
    """
    return await _set(pool, "patch", user, task, sent, versions)


async def _set(
    pool: Pool, name: str, user: str, task: int, sent: Body, versions: Sequence[str] | None
) -> Task:
    statement = changes.change(name, frozenset(sent), versioned=versions is not None)
    values = {"user": user, "task": task, "versions": versions, **_changed(sent)}
    return _task(user, await _change(pool, statement, values))


def _changed(sent: Body) -> dict[str, Any]:
    priority = sent.get("priority")
    return {
        "new_title": sent.get("title"),
        "new_description": sent.get("description"),
        "describe": "description" in sent,
        "new_complete": sent.get("complete"),
        "new_due_date": sent.get("due_date"),
        "schedule": "due_date" in sent,
        "new_priority": None if priority is None else _RANKS[priority],
        "new_tags": sent.get("tags"),
    }


async def delete(pool: Pool, user: str, task: int, *, versions: Sequence[str] | None) -> None:
    """Delete a task for good.

    With `versions`, only if it has one of them. Raises `TaskNotFound`, `StaleVersion`, or
    `NoVersionNamed` if `versions` is empty.
    """
    this = {"user": user, "task": task, "versions": versions}
    await _change(pool, statements.DELETE, this)


async def _change(pool: Pool, statement: str, values: dict[str, Any]) -> tuple[Any, ...]:
    rows = await pool.execute(statement, values)
    if rows:
        return rows[0]
    if values["versions"] is None:
        raise TaskNotFound
    await get(pool, values["user"], values["task"])
    raise StaleVersion if values["versions"] else NoVersionNamed


def _task(user: str, row: tuple[Any, ...]) -> Task:
    (  # in one step: with slices, a page took a quarter longer
        task,
        title,
        description,
        complete,
        version,
        created_at,
        updated_at,
        due_date,
        priority,
        tags,
        completed_at,
    ) = row
    created = _rfc3339(created_at)
    return {
        "id": task,
        "user_id": user,
        "title": title,
        "description": description,
        "complete": complete,
        "version": version,
        "created_at": created,
        "updated_at": created if updated_at == created_at else _rfc3339(updated_at),
        "due_date": due_date,
        "priority": PRIORITIES[priority],
        "tags": tags,
        "completed_at": completed_at and _rfc3339(completed_at),
    }


def _rfc3339(timestamp: str) -> str:
    """Return a timestamp in UTC; PostgreSQL writes a space, no zone, and no zeros at the end."""
    if len(timestamp) < _IN_FULL:
        whole, _, fraction = timestamp.partition(".")
        timestamp = f"{whole}.{fraction:0<6}"
    return timestamp.replace(" ", "T") + "Z"
