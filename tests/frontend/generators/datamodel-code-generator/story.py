"""Three tasks, listed to the last page and by tags, changed and deleted, in generated models."""

import os
from urllib.parse import quote

import httpx
from models import (
    ErrorCode,
    Priority,
    Problem,
    Tag,
    TaskCreate,
    TaskListResponse,
    TaskOrder,
    TaskPatch,
    TaskResponse,
)
from pydantic import BaseModel

USER = os.environ["TODO_API_USER"]
TASKS = f"/api/{quote(USER, safe='')}/tasks"

api = httpx.Client(
    base_url=os.environ["TODO_API_URL"],
    headers={"Authorization": f"Bearer {os.environ['TODO_API_TOKEN']}"},
)


def send(method: str, path: str, body: BaseModel, **headers: str) -> httpx.Response:
    """Send only what was set: a null would clear what it names."""
    content = body.model_dump_json(exclude_unset=True)
    return api.request(
        method, path, content=content, headers={"Content-Type": "application/json", **headers}
    )


def create(new: TaskCreate) -> TaskResponse:
    answer = send("POST", TASKS, new)
    assert answer.status_code == 201
    return TaskResponse.model_validate_json(answer.content)


def tags(*names: str) -> list[Tag]:
    return [Tag(name) for name in names]


def listed(limit: int) -> list[TaskResponse]:
    tasks: list[TaskResponse] = []
    parameters: dict[str, str | int] = {"limit": limit}
    while True:
        page = TaskListResponse.model_validate_json(api.get(TASKS, params=parameters).content)
        assert page.count == len(page.tasks)
        tasks += page.tasks
        if page.next_cursor is None:
            return tasks
        parameters["cursor"] = page.next_cursor


def found(*tag: str) -> list[TaskResponse]:
    answer = api.get(TASKS, params={"tag": list(tag), "sort": TaskOrder.DUE_FIRST})
    return TaskListResponse.model_validate_json(answer.content).tasks


def change(task: TaskResponse) -> None:
    path, before = f"{TASKS}/{task.id}", f'"{task.version}"'
    patched = send("PATCH", path, TaskPatch(title="Call mum"), **{"If-Match": before})
    changed = TaskResponse.model_validate_json(patched.content)
    assert (changed.title, changed.version) == ("Call mum", task.version + 1)
    assert (changed.due_date, changed.tags) == (task.due_date, task.tags)

    stale = send("PATCH", path, TaskPatch(complete=True), **{"If-Match": before})
    problem = Problem.model_validate_json(stale.content)
    assert (stale.status_code, problem.error_code) == (412, ErrorCode.PRECONDITION_FAILED)

    etag = {"If-None-Match": f'"{changed.version}"'}
    assert api.get(path, headers=etag).status_code == 304
    nothing = TaskPatch(due_date=None, priority=Priority.none, tags=[])
    cleared = TaskResponse.model_validate_json(send("PATCH", path, nothing).content)
    assert (cleared.due_date, cleared.priority, cleared.tags) == (None, Priority.none, [])
    assert api.delete(path).status_code == 204
    gone = Problem.model_validate_json(api.get(path, headers=etag).content)
    assert gone.error_code == ErrorCode.NOT_FOUND


home = TaskCreate(
    title="Call home",
    due_date="2026-12-01T09:30",
    priority=Priority.urgent,
    tags=tags("phone", "home", "a, b & c"),
)
plants = TaskCreate(title="Water the plants", due_date="2026-12-01", tags=tags("home"))
tasks = [create(new) for new in (home, plants, TaskCreate(title="Buy milk"))]
assert listed(limit=2) == tasks[::-1]
assert tasks[0].user_id == USER
assert (tasks[0].due_date, tasks[0].priority) == (home.due_date, home.priority)
assert [task.tags for task in tasks] == [home.tags, plants.tags, []]
assert found("home") == tasks[:2]
assert found("home", "a, b & c") == tasks[:1]
change(tasks[0])
