"""What tasks have since 1.3.0, and that clients which do not know it lose nothing."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.handlers.conftest import created, pointers, problem

DEFAULTS: dict[str, Any] = {"due_date": None, "priority": "none", "tags": [], "completed_at": None}
SET = {"due_date": "2026-12-01T09:30", "priority": "urgent", "tags": ["b", "a", "B", " ", "\u00e9"]}

REAL = [
    "0001-01-01",
    "2024-02-29",
    "2000-02-29",
    "2026-12-31T23:59",
    "9999-12-31",
    "2026-02-28T00:00",
]
UNREAL = {
    "no such day": "2026-02-30",
    "29 February": "2026-02-29",
    "29 February 1900": "1900-02-29",
    "31 April": "2026-04-31",
    "month 13": "2026-13-01",
    "month 0": "2026-00-01",
    "day 0": "2026-01-00",
    "year 0": "0000-01-01",
    "24 o'clock": "2026-12-01T24:00",
    "minute 60": "2026-12-01T09:60",
    "seconds": "2026-12-01T09:30:00",
    "a zone": "2026-12-01T09:30Z",
    "an offset": "2026-12-01T09:30+01:00",
    "a space": "2026-12-01 09:30",
    "no zeros": "2026-1-1",
    "a line more": "2026-12-01\n",
    "other digits": "\u0662\u0660\u0662\u0666-12-01",
    "words": "tomorrow",
    "nothing": "",
    "a number": 20261201,
}
REFUSED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "priority null": ({"priority": None}, ["/priority"]),
    "priority unknown": ({"priority": "URGENT"}, ["/priority"]),
    "priority a number": ({"priority": 3}, ["/priority"]),
    "tags null": ({"tags": None}, ["/tags"]),
    "tags a text": ({"tags": "errands"}, ["/tags"]),
    "21 tags": ({"tags": [str(number) for number in range(21)]}, ["/tags"]),
    "a tag twice": ({"tags": ["a", "b", "a"]}, ["/tags"]),
    "an empty tag": ({"tags": ["a", ""]}, ["/tags/1"]),
    "a tag of 51 characters": ({"tags": ["x" * 51]}, ["/tags/0"]),
    "a tag with NUL": ({"tags": ["a\0b"]}, ["/tags/0"]),
    "a tag null": ({"tags": [None]}, ["/tags/0"]),
    "completed_at": ({"completed_at": None}, ["/completed_at"]),
}


@pytest.fixture
def set_task(client: TestClient) -> dict[str, Any]:
    return created(client, {"title": "Call", **SET})


def later(task: dict[str, Any]) -> dict[str, Any]:
    return {name: task[name] for name in DEFAULTS}


def test_a_new_task_has_the_defaults(milk: dict[str, Any]) -> None:
    assert later(milk) == DEFAULTS


def test_they_are_kept_to_the_letter(client: TestClient, set_task: dict[str, Any]) -> None:
    assert later(set_task) == {**SET, "completed_at": None}
    assert client.get(f"tasks/{set_task['id']}").json() == set_task
    assert client.get("tasks").json()["tasks"] == [set_task]


def test_twenty_tags_of_fifty_characters_fit(client: TestClient) -> None:
    tags = [f"{number:02}" + "\N{PILE OF POO}" * 48 for number in range(20)]

    assert created(client, {"title": "Call", "tags": tags})["tags"] == tags


def test_a_client_of_1_2_clears_nothing(client: TestClient, set_task: dict[str, Any]) -> None:
    path = f"tasks/{set_task['id']}"
    replaced = client.put(path, json={"title": "Call", "complete": False}).json()
    patched = client.patch(path, json={"title": "Call again"}).json()

    assert later(replaced) == later(patched) == later(set_task)


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_each_can_be_cleared(client: TestClient, set_task: dict[str, Any], method: str) -> None:
    body = {"title": "Call", "complete": False} if method == "PUT" else {}
    cleared: dict[str, Any] = {"due_date": None, "priority": "none", "tags": []}
    for name, value in cleared.items():
        set_task = client.request(
            method, f"tasks/{set_task['id']}", json={**body, name: value}
        ).json()
        assert set_task[name] == value

    assert later(set_task) == DEFAULTS


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize("name", SET)
def test_each_can_be_set_alone(
    client: TestClient, milk: dict[str, Any], method: str, name: str
) -> None:
    body = {"title": "Call", "complete": False} if method == "PUT" else {}
    changed = client.request(method, f"tasks/{milk['id']}", json={**body, name: SET[name]}).json()

    assert later(changed) == DEFAULTS | {name: SET[name]}


@pytest.mark.parametrize("due_date", REAL)
def test_every_real_day_is_taken(client: TestClient, due_date: str) -> None:
    assert created(client, {"title": "Call", "due_date": due_date})["due_date"] == due_date


@pytest.mark.parametrize("due_date", UNREAL.values(), ids=UNREAL)
def test_no_other_is(client: TestClient, due_date: Any) -> None:
    answer = client.post("tasks", json={"title": "Call", "due_date": due_date})

    assert problem(answer) == (422, "VALIDATION_ERROR")
    assert pointers(answer) == ["/due_date"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
@pytest.mark.parametrize(("part", "wrong"), REFUSED.values(), ids=REFUSED)
def test_what_the_contract_refuses_is_named(
    client: TestClient, milk: dict[str, Any], method: str, part: dict[str, Any], wrong: list[str]
) -> None:
    whole: dict[str, dict[str, Any]] = {
        "POST": {"title": "Call"},
        "PUT": {"title": "Call", "complete": True},
    }
    path = "tasks" if method == "POST" else f"tasks/{milk['id']}"
    answer = client.request(method, path, json=whole.get(method, {}) | part)

    assert problem(answer) == (422, "VALIDATION_ERROR")
    assert pointers(answer) == wrong


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_completion_is_dated_once(client: TestClient, milk: dict[str, Any], method: str) -> None:
    path = f"tasks/{milk['id']}"

    def tick(*, complete: bool) -> dict[str, Any]:
        body = (
            {"title": "Call", "complete": complete} if method == "PUT" else {"complete": complete}
        )
        task: dict[str, Any] = client.request(method, path, json=body).json()
        return task

    done, still_done, renamed = (
        tick(complete=True),
        tick(complete=True),
        client.patch(path, json={"title": "Called"}).json(),
    )
    open_again, done_again = tick(complete=False), tick(complete=True)

    assert done["completed_at"] == done["updated_at"]
    assert still_done["completed_at"] == renamed["completed_at"] == done["completed_at"]
    assert open_again["completed_at"] is None
    assert done_again["completed_at"] == done_again["updated_at"] > done["completed_at"]


def test_what_was_completed_before_has_no_date(
    client: TestClient, milk: dict[str, Any], sql: Any
) -> None:
    sql("UPDATE tasks SET complete = true WHERE id = %s", (milk["id"],))
    path = f"tasks/{milk['id']}"

    assert client.get(path).json()["completed_at"] is None
    assert client.patch(path, json={"complete": True}).json()["completed_at"] is None


def test_a_release_before_reopens_a_task_without_its_date(
    client: TestClient, milk: dict[str, Any], sql: Any
) -> None:
    path = f"tasks/{milk['id']}"
    client.patch(path, json={"complete": True})
    sql("UPDATE tasks SET complete = false WHERE id = %s", (milk["id"],))

    assert client.get(path).json()["completed_at"] is None
    again = client.patch(path, json={"complete": True}).json()
    assert again["completed_at"] == again["updated_at"]


def test_a_task_that_stays_open_loses_the_date_that_a_release_before_left(
    client: TestClient, milk: dict[str, Any], sql: Any
) -> None:
    path = f"tasks/{milk['id']}"
    client.patch(path, json={"complete": True})
    sql("UPDATE tasks SET complete = false WHERE id = %s", (milk["id"],))
    client.patch(path, json={"complete": False})

    assert sql("SELECT completed_at FROM tasks WHERE id = %s", (milk["id"],)) == [(None,)]
