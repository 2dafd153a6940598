"""Litestar and asyncpg, with msgspec's structs for what comes and what goes.

As taught on https://docs.litestar.dev/2/usage/security/jwt.html, security/guards.html,
dependency-injection.html and applications.html (the lifespan), and on
https://magicstack.github.io/asyncpg/current/usage.html#connection-pools.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import asyncpg
from asyncpg import Pool
from litestar import Litestar, Router, get, patch, post
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import NotFoundException
from litestar.params import Parameter
from litestar_asyncpg.models import Task, TaskCreate, TaskList, TaskPatch
from litestar_asyncpg.security import jwt_auth, owns

# Behind PgBouncer in transaction mode no session keeps a statement:
# https://magicstack.github.io/asyncpg/current/faq.html
CACHE = {"statement_cache_size": 0} if os.environ.get("PGBOUNCER") else {}
COLUMNS = (
    "id, user_id, title, description, complete, version, created_at, updated_at, "
    "due_date, priority, tags, completed_at"
)
LIST = f"""
    SELECT {COLUMNS} FROM tasks
    WHERE user_id = $1 AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $3
"""  # noqa: S608 (made of our own names, as the rest)
CREATE = f"""
    INSERT INTO tasks (user_id, title, description, due_date, priority, tags)
    VALUES ($1, $2, $3, $4, $5, $6) RETURNING {COLUMNS}
"""  # noqa: S608
GET = f"SELECT {COLUMNS} FROM tasks WHERE user_id = $1 AND id = $2"  # noqa: S608
PATCH = f"""
    UPDATE tasks SET title = coalesce($3, title), complete = coalesce($4, complete),
      description = CASE WHEN $5 THEN $6 ELSE description END,
      due_date = CASE WHEN $7 THEN $8 ELSE due_date END,
      priority = coalesce($9, priority), tags = coalesce($10, tags),
      completed_at = CASE WHEN coalesce($4, complete) = complete THEN completed_at
        WHEN $4 THEN now() END,
      version = version + 1, updated_at = now()
    WHERE user_id = $1 AND id = $2 RETURNING {COLUMNS}
"""  # noqa: S608


@asynccontextmanager
async def connected(app: Litestar) -> AsyncIterator[None]:
    url = os.environ["DATABASE_URL"]
    async with asyncpg.create_pool(url, min_size=16, max_size=16, **CACHE) as pool:
        app.state.pool = pool
        yield


async def provide_pool(state: State) -> Pool:
    return state.pool


@get("/")
async def list_tasks(
    user_id: str,
    pool: Pool,
    limit: Annotated[int, Parameter(ge=1, le=1000)] = 1000,
    cursor: Annotated[int | None, Parameter(ge=1)] = None,
) -> TaskList:
    rows = await pool.fetch(LIST, user_id, cursor, limit + 1)
    page = [Task.of(row) for row in rows[:limit]]
    return TaskList(page, len(page), str(page[-1].id) if len(rows) > limit else None)


@post("/")
async def create_task(user_id: str, data: TaskCreate, pool: Pool) -> Task:
    return Task.of(await pool.fetchrow(CREATE, user_id, *data.arguments()))


@get("/{task_id:int}")
async def get_task(user_id: str, task_id: int, pool: Pool) -> Task:
    return found(await pool.fetchrow(GET, user_id, task_id))


@patch("/{task_id:int}")
async def patch_task(user_id: str, task_id: int, data: TaskPatch, pool: Pool) -> Task:
    return found(await pool.fetchrow(PATCH, user_id, task_id, *data.arguments()))


def found(row: asyncpg.Record | None) -> Task:
    if row is None:
        raise NotFoundException("Task not found")
    return Task.of(row)


tasks = Router(
    "/api/{user_id:str}/tasks",
    route_handlers=[list_tasks, create_task, get_task, patch_task],
    guards=[owns],
    dependencies={"pool": Provide(provide_pool)},
)
app = Litestar([tasks], lifespan=[connected], on_app_init=[jwt_auth.on_app_init])
