from typing import Any

import pytest
from starlette.testclient import TestClient

CHANGES = {
    "PUT": {"title": "Buy oat milk", "complete": True},
    "PATCH": {"complete": True},
    "DELETE": None,
}
"""What changes a task, and the body that it needs."""


@pytest.fixture
def milk(client: TestClient) -> dict[str, Any]:
    """A new task of the user's."""
    return created(client, {"title": "Buy milk", "description": "Two litres, whole"})


def created(client: TestClient, body: dict[str, Any]) -> dict[str, Any]:
    """Create a task and return it."""
    answer = client.post("tasks", json=body)
    assert answer.status_code == 201
    task: dict[str, Any] = answer.json()
    return task


def problem(answer: Any) -> tuple[int, str]:
    """Return the status and the error_code of a problem document."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code
    return answer.status_code, answer.json()["error_code"]


def pointers(answer: Any) -> list[str]:
    """Return what a problem document says is wrong."""
    return sorted(error["pointer"] for error in answer.json()["errors"])


def sent(client: TestClient, method: str, path: str, header: str, lines: list[str]) -> Any:
    """Send a request, with one header line for each of `lines`."""
    headers = [(header, line) for line in lines]
    return client.request(method, path, json=CHANGES.get(method), headers=headers)
