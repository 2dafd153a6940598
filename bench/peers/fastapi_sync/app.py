"""FastAPI, SQLModel and psycopg2, with a session per request.

As taught on https://fastapi.tiangolo.com/tutorial/sql-databases/ and
https://sqlmodel.tiangolo.com/tutorial/fastapi/update/.
"""

import os
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Query, status
from fastapi_security import Owner
from models import Task, TaskCreate, TaskListResponse, TaskPatch, TaskResponse
from sqlalchemy import make_url
from sqlmodel import Session, create_engine, select

url = make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+psycopg2")
engine = create_engine(url, pool_size=16, max_overflow=0)


def get_session() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session)]

app = FastAPI()


@app.get("/api/{user_id}/tasks", response_model=TaskListResponse)
def list_tasks(
    user_id: Owner,
    session: SessionDep,
    limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
    cursor: int | None = None,
):
    statement = select(Task).where(Task.user_id == user_id).order_by(Task.id.desc())
    if cursor is not None:
        statement = statement.where(Task.id < cursor)
    tasks = session.exec(statement.limit(limit + 1)).all()
    page = tasks[:limit]
    next_cursor = str(page[-1].id) if len(tasks) > limit else None
    return {"tasks": page, "count": len(page), "next_cursor": next_cursor}


@app.post("/api/{user_id}/tasks", response_model=TaskResponse, status_code=status.HTTP_201_CREATED)
def create_task(user_id: Owner, task: TaskCreate, session: SessionDep):
    db_task = Task.model_validate(task, update={"user_id": user_id})
    session.add(db_task)
    session.commit()
    session.refresh(db_task)
    return db_task


@app.get("/api/{user_id}/tasks/{task_id}", response_model=TaskResponse)
def get_task(user_id: Owner, task_id: int, session: SessionDep):
    task = session.get(Task, (user_id, task_id))
    if not task:
        raise HTTPException(status_code=404, detail="Task not found")
    return task


@app.patch("/api/{user_id}/tasks/{task_id}", response_model=TaskResponse)
def patch_task(user_id: Owner, task_id: int, task: TaskPatch, session: SessionDep):
    db_task = session.get(Task, (user_id, task_id))
    if not db_task:
        raise HTTPException(status_code=404, detail="Task not found")
    db_task.change(task.model_dump(exclude_unset=True))
    session.add(db_task)
    session.commit()
    session.refresh(db_task)
    return db_task
