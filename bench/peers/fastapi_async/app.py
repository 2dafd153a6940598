"""FastAPI, SQLModel and asyncpg, with an AsyncSession per request.

As fastapi_sync, with what
https://docs.sqlalchemy.org/en/21/orm/extensions/asyncio.html#synopsis-orm teaches: objects stay
usable after a commit, so that nothing has to be read again.
"""

import os
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Query, status
from fastapi_security import Owner
from models import Task, TaskCreate, TaskListResponse, TaskPatch, TaskResponse
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

url = make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+asyncpg")
# Behind PgBouncer in transaction mode no session keeps a statement. Unnamed ones can stay in the
# pool; with unique names, as the dialect's page has it, each request would need a new connection.
UNNAMED = {
    "statement_cache_size": 0,
    "prepared_statement_cache_size": 0,
    "prepared_statement_name_func": str,
}
engine = create_async_engine(
    url, pool_size=16, max_overflow=0, connect_args=UNNAMED if os.environ.get("PGBOUNCER") else {}
)
async_session = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)


async def get_session() -> AsyncIterator[AsyncSession]:
    async with async_session() as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session)]

app = FastAPI()


@app.get("/api/{user_id}/tasks", response_model=TaskListResponse)
async def list_tasks(
    user_id: Owner,
    session: SessionDep,
    limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
    cursor: int | None = None,
):
    statement = select(Task).where(Task.user_id == user_id).order_by(Task.id.desc())
    if cursor is not None:
        statement = statement.where(Task.id < cursor)
    tasks = (await session.exec(statement.limit(limit + 1))).all()
    page = tasks[:limit]
    next_cursor = str(page[-1].id) if len(tasks) > limit else None
    return {"tasks": page, "count": len(page), "next_cursor": next_cursor}


@app.post("/api/{user_id}/tasks", response_model=TaskResponse, status_code=status.HTTP_201_CREATED)
async def create_task(user_id: Owner, task: TaskCreate, session: SessionDep):
    db_task = Task.model_validate(task, update={"user_id": user_id})
    session.add(db_task)
    await session.commit()
    return db_task


@app.get("/api/{user_id}/tasks/{task_id}", response_model=TaskResponse)
async def get_task(user_id: Owner, task_id: int, session: SessionDep):
    task = await session.get(Task, (user_id, task_id))
    if not task:
        raise HTTPException(status_code=404, detail="Task not found")
    return task


@app.patch("/api/{user_id}/tasks/{task_id}", response_model=TaskResponse)
async def patch_task(user_id: Owner, task_id: int, task: TaskPatch, session: SessionDep):
    db_task = await session.get(Task, (user_id, task_id))
    if not db_task:
        raise HTTPException(status_code=404, detail="Task not found")
    db_task.change(task.model_dump(exclude_unset=True))
    session.add(db_task)
    await session.commit()
    return db_task
