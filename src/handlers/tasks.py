"""The operations of the tag Tasks, one function per operationId.

They run after the contract's checks, so `user_id` is the token's user and the body is valid.
"""

from typing import Any
from urllib.parse import quote

from compiled.answers import strong_tags
from db import tasks
from db.pool.pool import Pool
from db.tasks import Task

Body = dict[str, Any]
Headers = dict[str, str]


async def list_tasks(
    pool: Pool,
    user_id: str,
    complete: bool | None,
    q: str | None,
    sort: str,
    limit: int,
    cursor: str | None,
) -> Body:
    """Return one page of the user's tasks."""
    page, next_cursor = await tasks.page(
        pool,
        user_id,
        complete=complete,
        q=q,
        newest_first=sort == "-created_at",
        limit=limit,
        cursor=cursor,
    )
    return {"tasks": page, "count": len(page), "next_cursor": next_cursor}


async def create_task(
    pool: Pool, user_id: str, body: Body, idempotency_key: str | None
) -> tuple[Task, Headers]:
    """Create a task, at most once for each Idempotency-Key."""
    title, description = body["title"], body.get("description")
    if idempotency_key is None:
        task = await tasks.create(pool, user_id, title, description)
    else:
        task = await tasks.create_once(pool, user_id, title, description, idempotency_key)
    location = f"/api/{quote(user_id, safe='@:+~')}/tasks/{task['id']}"
    return task, {"Location": location, **_etag(task)}


async def get_task(pool: Pool, user_id: str, task_id: int) -> tuple[Task, Headers]:
    """Return one task."""
    task = await tasks.get(pool, user_id, task_id)
    return task, _etag(task)


async def update_task(
    pool: Pool, user_id: str, task_id: int, body: Body, if_match: str | None
) -> tuple[Task, Headers]:
    """Replace a task: every property that a client may set."""
    task = await tasks.replace(
        pool,
        user_id,
        task_id,
        title=body["title"],
        description=body.get("description"),
        complete=body["complete"],
        versions=strong_tags(if_match),
    )
    return task, _etag(task)


async def patch_task(
    pool: Pool, user_id: str, task_id: int, body: Body, if_match: str | None
) -> tuple[Task, Headers]:
    """Change the properties that were sent (RFC 7396)."""
    task = await tasks.patch(pool, user_id, task_id, body, versions=strong_tags(if_match))
    return task, _etag(task)


async def delete_task(pool: Pool, user_id: str, task_id: int, if_match: str | None) -> None:
    """Delete a task for good."""
    await tasks.delete(pool, user_id, task_id, versions=strong_tags(if_match))


def _etag(task: Task) -> Headers:
    return {"ETag": f'"{task["version"]}"'}
