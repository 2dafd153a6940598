"""The operations on a user's tasks: one statement each, in one round trip.

Only if a change with `If-Match` finds nothing, a second statement tells why.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from db import search, statements
from db.errors import IdempotencyKeyReused, NoVersionNamed, StaleVersion, TaskNotFound
from db.paging import cursor_after, task_before
from db.pool.pool import Pool

Task = dict[str, Any]
"""The contract's TaskResponse."""

_IN_FULL = len("2026-11-21 08:15:30.123456")


async def page(
    pool: Pool,
    user: str,
    *,
    complete: bool | None,
    q: str | None,
    newest_first: bool,
    limit: int,
    cursor: str | None,
) -> tuple[list[Task], str | None]:
    """Return up to `limit` of the user's tasks and the cursor of the next page, if there is one.

    Raises `InvalidCursor` if the cursor belongs to another list.
    """
    of_list = (user, complete, q, newest_first)
    after = None if cursor is None else task_before(cursor, *of_list)
    statement = statements.NEWEST_PAGE if newest_first else statements.OLDEST_PAGE
    of_page = {"user": user, "after": after, "complete": complete, "limit": limit + 1}
    rows = await pool.execute(statement, {**of_page, **search.parameters(q)}, retry=True)
    tasks = [_task(row) for row in rows[:limit]]
    more = len(rows) > limit
    return tasks, cursor_after(tasks[-1]["id"], *of_list) if more else None


async def get(pool: Pool, user: str, task: int) -> Task:
    """Return one task; raises `TaskNotFound`."""
    rows = await pool.execute(statements.GET, {"user": user, "task": task}, retry=True)
    if not rows:
        raise TaskNotFound
    return _task(rows[0])


async def create(pool: Pool, user: str, title: str, description: str | None) -> Task:
    """Create a task and return it."""
    values = {"user": user, "new_title": title, "new_description": description}
    return _task((await pool.execute(statements.CREATE, values))[0])


async def create_once(pool: Pool, user: str, title: str, description: str | None, key: str) -> Task:
    """Create a task, or return the task as the first request with this key did.

    Raises `IdempotencyKeyReused` if that request had another title or description.
    """
    fingerprint = sha256(repr((title, description)).encode()).digest()
    values = {"user": user, "new_title": title, "new_description": description}
    claim = {"key": key, "fingerprint": fingerprint}
    rows = await pool.execute(statements.CREATE_ONCE, {**values, **claim})
    task, created_at, same_body = rows[0]
    if not same_body:
        raise IdempotencyKeyReused
    return _task((task, user, title, description, False, 1, created_at, created_at))


async def replace(
    pool: Pool,
    user: str,
    task: int,
    *,
    title: str,
    description: str | None,
    complete: bool,
    versions: Sequence[str] | None,
) -> Task:
    """Replace a task and return it.

    With `versions`, only if it has one of them. Raises `TaskNotFound`, `StaleVersion`, or
    `NoVersionNamed` if `versions` is empty.
    """
    this = {"user": user, "task": task, "versions": versions}
    values = {"new_title": title, "new_description": description, "new_complete": complete}
    return _task(await _change(pool, statements.REPLACE, this | values))


async def patch(
    pool: Pool, user: str, task: int, changes: dict[str, Any], *, versions: Sequence[str] | None
) -> Task:
    """Change the properties in `changes` (title, description, complete) and return the task.

    With `versions`, only if it has one of them. Raises `TaskNotFound`, `StaleVersion`, or
    `NoVersionNamed` if `versions` is empty.
    """
    this = {"user": user, "task": task, "versions": versions}
    values = {
        "new_title": changes.get("title"),
        "new_description": changes.get("description"),
        "new_complete": changes.get("complete"),
        "describe": "description" in changes,
    }
    return _task(await _change(pool, statements.PATCH, this | values))


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


def _task(row: tuple[Any, ...]) -> Task:
    task, user, title, description, complete, version, created_at, updated_at = row
    return {
        "id": task,
        "user_id": user,
        "title": title,
        "description": description,
        "complete": complete,
        "version": version,
        "created_at": _rfc3339(created_at),
        "updated_at": _rfc3339(updated_at),
    }


def _rfc3339(timestamp: str) -> str:
    """Return a timestamp in UTC; PostgreSQL writes a space, no zone, and no zeros at the end."""
    if len(timestamp) < _IN_FULL:
        whole, _, fraction = timestamp.partition(".")
        timestamp = f"{whole}.{fraction:0<6}"
    return timestamp.replace(" ", "T") + "Z"
