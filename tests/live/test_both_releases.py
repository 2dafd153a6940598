"""While replicas are replaced, 1.2.0 and this release serve one database, and no client notices."""

from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any, NamedTuple
from uuid import uuid4

import httpx2
import pytest
import yaml
from openapi_schema_validator import OAS30Validator

from tests.conftest import SECRET, problem
from tests.live.conftest import PATIENCE, Server, serving
from todo_api.contract import contract

LATER = {"due_date": "2026-12-01T09:30", "priority": "urgent", "tags": ["a", "b"]}
BODIES: list[dict[str, Any]] = [
    {"title": "Buy milk"},
    {"title": "Buy milk", "description": None},
    {"title": "Thé 😀 'x' \"y\" \\ \n", "description": "Two litres"},
]
LISTS: list[dict[str, str]] = [
    {},
    {"sort": "created_at"},
    {"complete": "true"},
    {"complete": "false", "q": "task", "sort": "created_at"},
]


class Releases(NamedTuple):
    old: Server
    new: Server


class Both(NamedTuple):
    """A user's clients at each of the releases."""

    old: httpx2.Client
    new: httpx2.Client


@pytest.fixture(scope="module")
def releases(
    database_url: str, release_1_2: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Releases]:
    logs = tmp_path_factory.mktemp("releases")
    variables = {"DATABASE_URL": database_url, "JWT_SECRET_KEY": SECRET}
    with (
        serving(logs / "old", **variables, **release_1_2) as old,
        serving(logs / "new", **variables) as new,
    ):
        yield Releases(old, new)


@pytest.fixture
def both(releases: Releases, user: str, token: Callable[[str], str]) -> Iterator[Both]:
    headers = {"Authorization": f"Bearer {token(user)}"}

    def client(server: Server) -> httpx2.Client:
        url = f"{server.url}/api/{user}/"
        return httpx2.Client(base_url=url, headers=headers, timeout=PATIENCE)

    with client(releases.old) as old, client(releases.new) as new:
        yield Both(old, new)


@pytest.fixture(params=["the old one first", "the new one first"])
def in_turn(both: Both, request: pytest.FixtureRequest) -> tuple[httpx2.Client, httpx2.Client]:
    """The clients, in the order in which a task's requests meet them."""
    return (both.old, both.new) if "old" in request.param else (both.new, both.old)


def post(client: httpx2.Client, body: dict[str, Any], key: str | None = None) -> httpx2.Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post("tasks", json=body, headers=headers)


def later(task: dict[str, Any]) -> dict[str, Any]:
    return {name: task[name] for name in LATER}


def test_both_serve_what_they_were_released_with(releases: Releases) -> None:
    old, new = (httpx2.get(f"{server.url}/openapi.yaml").content for server in releases)

    assert yaml.safe_load(old)["info"]["version"] == "1.2.0"
    assert yaml.safe_load(new) == contract()
    assert "due_date" not in old.decode()


def test_the_old_one_says_nothing_of_tables_that_are_newer(releases: Releases) -> None:
    assert "revision" not in releases.old.log()
    assert "migrat" not in releases.old.log()


@pytest.mark.parametrize("body", BODIES, ids=str)
def test_a_key_that_one_has_taken_is_known_to_the_other(
    in_turn: tuple[httpx2.Client, httpx2.Client], body: dict[str, Any]
) -> None:
    first, second = in_turn
    key = uuid4().hex
    made, again = post(first, body, key), post(second, body, key)

    assert (made.status_code, again.status_code) == (201, 201)
    shared = made.json().keys() & again.json().keys()
    assert len(shared) == 8
    assert {name: made.json()[name] for name in shared} == {
        name: again.json()[name] for name in shared
    }
    for name in ("Location", "ETag"):
        assert made.headers[name] == again.headers[name]
    assert first.get("tasks").json()["count"] == 1
    other = post(second, body | {"title": "Another"}, key)
    assert problem(other) == (422, "IDEMPOTENCY_KEY_REUSED")


def test_a_body_with_more_than_the_old_one_knows_is_another(both: Both) -> None:
    key = uuid4().hex
    made = post(both.new, {"title": "Call", **LATER}, key)

    assert made.status_code == 201
    assert problem(post(both.old, {"title": "Call"}, key)) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert post(both.new, {"title": "Call", **LATER}, key).content == made.content


@pytest.mark.parametrize("of_list", LISTS, ids=str)
def test_a_cursor_of_one_goes_on_at_the_other(
    in_turn: tuple[httpx2.Client, httpx2.Client], of_list: dict[str, str]
) -> None:
    for number, client in zip(range(12), cycle(in_turn), strict=False):
        task = post(client, {"title": f"Task {number}"}).json()
        if number % 2:
            client.patch(f"tasks/{task['id']}", json={"complete": True})
    whole = [task["id"] for task in in_turn[0].get("tasks", params=of_list).json()["tasks"]]

    walked: list[int] = []
    query = of_list | {"limit": "2"}
    for client in cycle(in_turn):
        page = client.get("tasks", params=query).json()
        walked += [task["id"] for task in page["tasks"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert walked == whole
    assert len(whole) == (6 if "complete" in of_list else 12)


def test_a_change_at_the_old_one_clears_nothing(both: Both) -> None:
    made = post(both.new, {"title": "Call", "description": "at noon", **LATER}).json()
    path = f"tasks/{made['id']}"
    replaced = both.old.put(path, json={"title": "Call Ada", "complete": False})
    patched = both.old.patch(path, json={"title": "Call Bob"})
    now = both.new.get(path).json()

    assert (replaced.status_code, patched.status_code) == (200, 200)
    assert later(made) == later(now) == LATER
    assert (now["title"], now["description"], now["version"]) == ("Call Bob", None, 3)


def test_an_etag_of_one_is_good_at_the_other(
    in_turn: tuple[httpx2.Client, httpx2.Client],
) -> None:
    first, second = in_turn
    made = post(first, {"title": "Call"})
    path = f"tasks/{made.json()['id']}"
    match = {"If-Match": made.headers["ETag"]}
    unchanged = second.get(path, headers={"If-None-Match": made.headers["ETag"]})
    changed = second.patch(path, json={"complete": True}, headers=match)
    stale = first.put(path, json={"title": "Late", "complete": False}, headers=match)

    assert (unchanged.status_code, changed.status_code, stale.status_code) == (304, 200, 412)


def test_who_reopens_a_task_at_the_old_one_sees_no_instant_at_the_new(both: Both) -> None:
    path = f"tasks/{post(both.old, {'title': 'Call'}).json()['id']}"
    done = both.new.patch(path, json={"complete": True}).json()
    both.old.put(path, json={"title": "Call", "complete": False})

    assert done["completed_at"] == done["updated_at"]
    assert both.new.get(path).json()["completed_at"] is None
    both.old.patch(path, json={"complete": True})
    assert both.new.patch(path, json={"complete": False}).json()["completed_at"] is None


def test_the_old_one_keeps_its_contract_beside_the_new(both: Both, releases: Releases) -> None:
    promised = httpx2.get(f"{releases.old.url}/openapi.json").json()

    def faults(name: str, answer: httpx2.Response) -> list[str]:
        schema = {"allOf": [{"$ref": f"#/components/schemas/{name}"}]}
        validator = OAS30Validator(schema | {"components": promised["components"]})
        return [error.message for error in validator.iter_errors(answer.json())]

    made = post(both.new, {"title": "Call", **LATER}, "key")
    path = f"tasks/{made.json()['id']}"
    both.new.patch(path, json={"complete": True, "due_date": "2026-12-02"})
    answers = [
        both.old.get(path),
        both.old.put(path, json={"title": "Call", "complete": True}),
        both.old.patch(path, json={"complete": False}),
        post(both.old, {"title": "Call"}, "another-key"),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 201]
    assert [faults("TaskResponse", answer) for answer in answers] == [[]] * 4
    assert faults("TaskResponse", made) == []  # its clients may meet this release's, too
    assert faults("TaskListResponse", both.old.get("tasks")) == []
    refused = post(both.old, {"title": "Call", **LATER})
    assert problem(refused) == (422, "VALIDATION_ERROR")
    assert faults("Problem", refused) == []
    assert faults("TaskResponse", refused)
    assert both.old.delete(path).status_code == 204
    assert both.new.get(path).status_code == 404
