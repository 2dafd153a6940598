"""Who the tests are, and where their server is."""

import os
from typing import Any

from todo_client import AuthenticatedClient
from todo_client.api.tasks import create_task
from todo_client.models import Problem, TaskCreate, TaskResponse
from todo_client.types import Response

URL = os.environ["TODO_API_URL"]
USER = os.environ["TODO_API_USER"]

client = AuthenticatedClient(
    URL, token=os.environ["TODO_API_TOKEN"], raise_on_unexpected_status=True
)


def created(title: str) -> TaskResponse:
    """Create a task of this title."""
    task = create_task.sync(USER, client=client, body=TaskCreate(title=title))
    assert isinstance(task, TaskResponse)
    return task


def etag_of(task: TaskResponse) -> str:
    """Return the ETag that a task out of any answer has."""
    return f'"{task.version}"'


def problem(answer: Response[Any]) -> tuple[int, str]:
    """Return the status and the error_code of a problem document."""
    assert isinstance(answer.parsed, Problem)
    return answer.status_code, answer.parsed.error_code
