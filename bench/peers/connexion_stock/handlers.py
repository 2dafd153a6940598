"""The operations, in `def` functions with a SQLModel session each."""

import os

import connexion
import jwt
from connexion.exceptions import Forbidden
from jwt.exceptions import InvalidTokenError
from models import Task
from sqlalchemy import make_url
from sqlmodel import Session, create_engine, select

# The contract has several content types, so that a handler has to say which one its answer is.
JSON = {"Content-Type": "application/json"}
SECRET_KEY = os.environ["JWT_SECRET_KEY"]

url = make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+psycopg2")
engine = create_engine(url, pool_size=16, max_overflow=0)


def decode_token(token, request):
    """Return the token's claims, or None, which is 401."""
    try:
        claims = jwt.decode(token, SECRET_KEY, algorithms=["HS256"])
    except InvalidTokenError:
        return None
    if claims.get("user_id") != request.path_params["user_id"]:
        raise Forbidden("Not your tasks")
    return claims


def list_tasks(user_id, limit, cursor=None):
    statement = select(Task).where(Task.user_id == user_id).order_by(Task.id.desc())
    if cursor is not None:
        statement = statement.where(Task.id < int(cursor))
    with Session(engine) as session:
        tasks = session.exec(statement.limit(limit + 1)).all()
        page = [task.model_dump(mode="json") for task in tasks[:limit]]
    next_cursor = str(page[-1]["id"]) if len(tasks) > limit else None
    return {"tasks": page, "count": len(page), "next_cursor": next_cursor}, 200, JSON


def create_task(user_id, body):
    with Session(engine) as session:
        task = Task(user_id=user_id, **body)
        session.add(task)
        session.commit()
        session.refresh(task)
        return task.model_dump(mode="json"), 201, JSON


def get_task(user_id, task_id):
    with Session(engine) as session:
        task = session.get(Task, (user_id, task_id))
        if not task:
            return _not_found()
        return task.model_dump(mode="json"), 200, JSON


def patch_task(user_id, task_id, body):
    with Session(engine) as session:
        task = session.get(Task, (user_id, task_id))
        if not task:
            return _not_found()
        task.change(body)
        session.add(task)
        session.commit()
        session.refresh(task)
        return task.model_dump(mode="json"), 200, JSON


def _not_found():
    return connexion.problem(404, "Not Found", "Task not found")
