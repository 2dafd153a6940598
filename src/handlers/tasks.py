"""The operations of the tag Tasks, one function per operationId.

They run after the contract's checks, so `user_id` is the token's user and the body is valid.
"""

from urllib.parse import quote

from compiled.answers import strong_tags
from db import tasks
from db.pool.pool import Pool
from db.tasks import Body, Task

Headers = dict[str, str]


async def list_tasks(
    pool: Pool,
    user_id: str,
    complete: bool | None,
    q: str | None,
    tag: list[str] | None,
    due_from: str | None,
    due_to: str | None,
    has_due_date: bool | None,
    min_priority: str | None,
    sort: str,
    limit: int,
    cursor: str | None,
) -> Body:
    """Return one page of the user's tasks."""
    asked = {
        "complete": complete,
        "q": q,
        "tags": tag,
        "due_from": due_from,
        "due_to": due_to,
        "has_due_date": has_due_date,
        "min_priority": min_priority,
    }
    filters = {name: value for name, value in asked.items() if value is not None}
    page, next_cursor = await tasks.page(
        pool, user_id, filters, order=sort, limit=limit, cursor=cursor
    )
    return {"tasks": page, "count": len(page), "next_cursor": next_cursor}


async def create_task(
    pool: Pool, user_id: str, body: Body, idempotency_key: str | None
) -> tuple[Task, Headers]:
    """Create a task, at most once for each Idempotency-Key."""
    if idempotency_key is None:
        task = await tasks.create(pool, user_id, body)
    else:
        task = await tasks.create_once(pool, user_id, body, idempotency_key)
    location = f"/api/{quote(user_id, safe='@:+~')}/tasks/{task['id']}"
    return task, {"Location": location, **_etag(task)}


async def get_task(pool: Pool, user_id: str, task_id: int) -> tuple[Task, Headers]:
    """Return one task."""
    # For a 304 the version alone would do, and take a tenth less CPU time. But who has an old one
    # would wait for two statements; and one statement for both answers a quarter fewer requests.
    task = await tasks.get(pool, user_id, task_id)
    return task, _etag(task)


async def update_task(
    pool: Pool, user_id: str, task_id: int, body: Body, if_match: str | None
) -> tuple[Task, Headers]:
    """Replace a task; of its properties, those later than 1.2.0 are kept if the body lacks them."""
    task = await tasks.replace(pool, user_id, task_id, body, versions=strong_tags(if_match))
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
