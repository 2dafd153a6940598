import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.handlers.conftest import created, pointers, problem

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
GREATEST_ID = 2**53 - 1
ASTRAL = "\N{PILE OF POO}"

TEXTS = {
    "emoji of several code points": "\U0001f469\u200d\U0001f467 \U0001f44d\U0001f3fd",
    "combining marks stay apart": "Cafe\u0301 \u1112\u1161\u11ab",
    "right to left": "\u200f\u05e7\u05e0\u05d4 \u062d\u0644\u064a\u0628\u200e",
    "white space around": "\u00a0 \t Buy\r\nmilk  \u2003",
    "quotes and percents": """'"%s %(user)s \\ $1 {} ; --""",
    "as long as can be": ASTRAL * 200,
    "one character": "x",
}

CHANGES = {
    "title": ({"title": "Buy oat milk"}, {"title": "Buy oat milk"}),
    "description": ({"description": "One litre"}, {"description": "One litre"}),
    "empty description": ({"description": ""}, {"description": ""}),
    "null description": ({"description": None}, {"description": None}),
    "complete": ({"complete": True}, {"complete": True}),
    "the same as before": ({"complete": False}, {}),
    "all": (
        {"title": "Tea", "description": None, "complete": True},
        {"title": "Tea", "description": None, "complete": True},
    ),
}


def read(client: TestClient, task: dict[str, Any]) -> dict[str, Any]:
    answer = client.get(f"tasks/{task['id']}")
    assert answer.status_code == 200
    assert answer.headers["ETag"] == f'"{answer.json()["version"]}"'
    found: dict[str, Any] = answer.json()
    return found


def test_a_new_task_is_returned_whole(client: TestClient, user: str) -> None:
    before = datetime.now(UTC)
    answer = client.post("tasks", json={"title": "Buy milk", "description": "Two litres, whole"})
    after = datetime.now(UTC)

    task = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Content-Type"] == JSON
    assert answer.headers["Location"] == f"/api/{user}/tasks/{task['id']}"
    assert answer.headers["ETag"] == '"1"'
    assert 1 <= task["id"] <= GREATEST_ID
    assert task["created_at"].endswith("Z")
    assert before <= datetime.fromisoformat(task["created_at"]) <= after
    assert task == {
        "id": task["id"],
        "user_id": user,
        "title": "Buy milk",
        "description": "Two litres, whole",
        "complete": False,
        "version": 1,
        "created_at": task["created_at"],
        "updated_at": task["created_at"],
        "due_date": None,
        "priority": "none",
        "tags": [],
        "completed_at": None,
    }


def test_what_was_created_is_read_back(client: TestClient, milk: dict[str, Any]) -> None:
    assert read(client, milk) == milk
    assert client.get("tasks").json()["tasks"] == [milk]


@pytest.mark.parametrize("body", [{"title": "Tea"}, {"title": "Tea", "description": None}])
def test_a_description_left_out_is_null(client: TestClient, body: dict[str, Any]) -> None:
    assert created(client, body)["description"] is None


def test_location_leads_to_the_task_of_a_user_with_special_characters(
    client_of: Callable[[str], TestClient],
) -> None:
    client = client_of("a|b@c.d:e+f~g")
    answer = client.post("tasks", json={"title": "Buy milk"})

    location = answer.headers["Location"]
    assert location == f"/api/a%7Cb@c.d:e+f~g/tasks/{answer.json()['id']}"
    assert client.get(f"http://testserver{location}").json() == answer.json()


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_text_is_stored_to_the_letter(client: TestClient, text: str) -> None:
    task = created(client, {"title": text, "description": text * 5})
    stored = read(client, task)
    replaced = client.put(f"tasks/{task['id']}", json={"title": text, "complete": True}).json()

    assert (task["title"], task["description"]) == (text, text * 5)
    assert (stored["title"], stored["description"]) == (text, text * 5)
    assert replaced["title"] == text


def test_lengths_count_characters_not_bytes(client: TestClient) -> None:
    answer = client.post("tasks", json={"title": ASTRAL * 201, "description": ASTRAL * 1001})

    assert problem(answer) == (422, "VALIDATION_ERROR")
    assert pointers(answer) == ["/description", "/title"]


@pytest.mark.parametrize(
    ("body", "description"),
    [
        ({"title": "Tea", "complete": True, "description": "Green"}, "Green"),
        ({"title": "Tea", "complete": True, "description": None}, None),
        ({"title": "Tea", "complete": True}, None),
    ],
    ids=["with a description", "with null", "without"],
)
def test_put_replaces_all_that_a_client_may_set(
    client: TestClient, milk: dict[str, Any], body: dict[str, Any], description: str | None
) -> None:
    answer = client.put(f"tasks/{milk['id']}", json=body)

    task = answer.json()
    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"2"'
    assert datetime.fromisoformat(task["updated_at"]) > datetime.fromisoformat(milk["updated_at"])
    assert task == milk | body | {
        "description": description,
        "version": 2,
        "updated_at": task["updated_at"],
        "completed_at": task["updated_at"],
    }
    assert read(client, milk) == task


@pytest.mark.parametrize("media_type", [JSON, MERGE_PATCH])
@pytest.mark.parametrize(("patch", "changed"), CHANGES.values(), ids=CHANGES)
def test_patch_changes_what_is_sent_and_nothing_else(
    client: TestClient,
    milk: dict[str, Any],
    patch: dict[str, Any],
    changed: dict[str, Any],
    media_type: str,
) -> None:
    answer = client.patch(
        f"tasks/{milk['id']}", content=json.dumps(patch), headers={"Content-Type": media_type}
    )

    task = answer.json()
    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"2"'
    assert datetime.fromisoformat(task["updated_at"]) > datetime.fromisoformat(milk["updated_at"])
    assert task == milk | changed | {
        "version": 2,
        "updated_at": task["updated_at"],
        "completed_at": task["updated_at"] if changed.get("complete") else None,
    }
    assert read(client, milk) == task


@pytest.mark.parametrize(
    ("patch", "wrong"),
    [
        ({"title": None}, ["/title"]),
        ({"complete": None}, ["/complete"]),
        ({"title": "Tea", "completed": True}, ["/completed"]),
        ({"version": 7, "user_id": "mallory"}, ["/user_id", "/version"]),
        ({}, [""]),
    ],
    ids=["null title", "null complete", "misspelt", "not the client's to set", "nothing"],
)
def test_a_refused_patch_changes_nothing(
    client: TestClient, milk: dict[str, Any], patch: dict[str, Any], wrong: list[str]
) -> None:
    answer = client.patch(f"tasks/{milk['id']}", json=patch)

    assert problem(answer) == (422, "VALIDATION_ERROR")
    assert pointers(answer) == wrong
    assert read(client, milk) == milk


def test_every_change_counts_one_version_up(client: TestClient, milk: dict[str, Any]) -> None:
    path, same = f"tasks/{milk['id']}", {"title": "Buy milk", "complete": False}
    answers = [client.put(path, json=same), client.patch(path, json=same), client.get(path)]
    answers.append(client.put(path, json=same))

    tasks = [answer.json() for answer in answers]
    assert [task["version"] for task in tasks] == [2, 3, 3, 4]
    assert len({task["updated_at"] for task in tasks}) == 3
    assert {task["created_at"] for task in tasks} == {milk["created_at"]}


def test_a_deleted_task_is_gone(client: TestClient, milk: dict[str, Any]) -> None:
    path = f"tasks/{milk['id']}"
    answer = client.delete(path)

    assert answer.status_code == 204
    assert answer.content == b""
    assert not {"content-type", "content-length", "etag"} & set(answer.headers)
    assert problem(client.get(path)) == (404, "NOT_FOUND")
    assert problem(client.delete(path)) == (404, "NOT_FOUND")
    assert client.get("tasks").json()["count"] == 0


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("GET", None),
        ("PUT", {"title": "Mine now", "complete": True}),
        ("PATCH", {"title": "Mine now"}),
        ("DELETE", None),
    ],
)
def test_another_users_task_is_simply_not_there(
    client: TestClient, another: TestClient, milk: dict[str, Any], method: str, body: Any
) -> None:
    answer = another.request(method, f"tasks/{milk['id']}", json=body)

    assert problem(answer) == (404, "NOT_FOUND")
    assert read(client, milk) == milk


def test_an_id_at_the_end_of_javascripts_integers_is_kept(
    client: TestClient, user: str, sql: Callable[..., Any]
) -> None:
    sql("INSERT INTO tasks VALUES (%s, %s, 'The last one')", (user, GREATEST_ID))

    assert client.get(f"tasks/{GREATEST_ID}").json()["id"] == GREATEST_ID
    assert client.patch(f"tasks/{GREATEST_ID}", json={"complete": True}).json()["version"] == 2


@pytest.mark.parametrize("task_id", [GREATEST_ID + 1, 2**63, 10**30, 0, -1, "01", "1.0", "one"])
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_an_id_outside_the_contract_is_named(
    client: TestClient, task_id: object, method: str
) -> None:
    answer = client.request(method, f"tasks/{task_id}")

    assert problem(answer) == (400, "VALIDATION_ERROR")
    assert pointers(answer) == ["task_id"]


@pytest.mark.parametrize(
    ("kept", "shown"),
    [
        ("2026-11-21 08:15:30.120000Z", "2026-11-21T08:15:30.120000Z"),
        ("2026-11-21 08:15:30Z", "2026-11-21T08:15:30.000000Z"),
        ("2026-11-21 10:15:30.000001+02", "2026-11-21T08:15:30.000001Z"),
    ],
)
def test_a_timestamp_is_told_to_the_microsecond(
    client: TestClient, sql: Callable[..., Any], kept: str, shown: str
) -> None:
    task = created(client, {"title": "Buy milk"})
    sql("UPDATE tasks SET created_at = %s WHERE id = %s", (kept, task["id"]))

    assert read(client, task)["created_at"] == shown
