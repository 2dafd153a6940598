"""Three tasks, listed to the last page, changed and deleted, in generated models."""

import os
from urllib.parse import quote

import httpx
from models import ErrorCode, Problem, TaskCreate, TaskListResponse, TaskPatch, TaskResponse
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


def create(title: str) -> TaskResponse:
    answer = send("POST", TASKS, TaskCreate(title=title))
    assert answer.status_code == 201
    return TaskResponse.model_validate_json(answer.content)


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


def change(task: TaskResponse) -> None:
    path, before = f"{TASKS}/{task.id}", f'"{task.version}"'
    patched = send("PATCH", path, TaskPatch(title="Call mum"), **{"If-Match": before})
    changed = TaskResponse.model_validate_json(patched.content)
    assert (changed.title, changed.version) == ("Call mum", task.version + 1)

    stale = send("PATCH", path, TaskPatch(complete=True), **{"If-Match": before})
    problem = Problem.model_validate_json(stale.content)
    assert (stale.status_code, problem.error_code) == (412, ErrorCode.PRECONDITION_FAILED)

    etag = {"If-None-Match": f'"{changed.version}"'}
    assert api.get(path, headers=etag).status_code == 304
    assert api.delete(path).status_code == 204
    gone = Problem.model_validate_json(api.get(path, headers=etag).content)
    assert gone.error_code == ErrorCode.NOT_FOUND


tasks = [create(title) for title in ("Buy milk", "Water the plants", "Call home")]
assert listed(limit=2) == tasks[::-1]
assert tasks[0].user_id == USER
change(tasks[0])
