import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import Any
from uuid import uuid4

import psycopg2
import pytest
from starlette.testclient import TestClient

from db import statements
from db.tasks import _created
from tests.handlers.conftest import pointers, problem

BODY = {"title": "Buy milk", "description": "Two litres, whole"}
AT_ONCE = 50

SAME = {
    "in another order": (
        '{"description":null,"title":"Tea"}',
        '{"title":"Tea","description":null}',
    ),
    "null and left out": ('{"title":"Tea"}', '{"title":"Tea","description":null}'),
    "other white space": ('{"title":"Tea"}', ' {\n"title" : "Tea" }\n'),
    "defaults and left out": (
        '{"title":"Tea"}',
        '{"title":"Tea","due_date":null,"priority":"none","tags":[]}',
    ),
    "what 1.3 added in another order": (
        '{"title":"Tea","tags":["a","b"],"priority":"low"}',
        '{"priority":"low","title":"Tea","tags":["a","b"],"due_date":null}',
    ),
    "escaped": ('{"title":"Tee\u00e4"}', '{"title":"T\\u0065e\\u00e4"}'),
}
OTHER = {
    "title": BODY | {"title": "Buy Milk"},
    "description": BODY | {"description": "Two litres"},
    "no description": {"title": BODY["title"]},
    "empty description": BODY | {"description": ""},
    "white space": BODY | {"title": "Buy milk "},
    "one after the other": {"title": BODY["title"] + BODY["description"]},
    "a due date": BODY | {"due_date": "2026-12-01"},
    "a priority": BODY | {"priority": "low"},
    "a tag": BODY | {"tags": ["a"]},
    "swapped": {"title": BODY["description"], "description": BODY["title"]},
}


@pytest.fixture
def key() -> str:
    return uuid4().hex


def post(client: TestClient, key: str, body: Any = BODY) -> Any:
    content = body if isinstance(body, str) else json.dumps(body)
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    return client.post("tasks", content=content, headers=headers)


def same(first: Any, again: Any) -> bool:
    assert first.status_code == 201
    headers = [dict(answer.headers | {"X-Request-ID": ""}) for answer in (first, again)]
    return again.status_code == 201 and again.content == first.content and headers[0] == headers[1]


def count(client: TestClient) -> int:
    number: int = client.get("tasks").json()["count"]
    return number


def test_a_repeated_request_gets_the_first_answer(client: TestClient, key: str) -> None:
    first, again, third = (post(client, key) for _ in range(3))

    assert first.headers["ETag"] == '"1"'
    assert first.headers["Location"].endswith(f"/tasks/{first.json()['id']}")
    assert same(first, again)
    assert same(first, third)
    assert client.get("tasks").json()["tasks"] == [first.json()]


def test_a_task_with_a_key_is_like_one_without(client: TestClient, key: str) -> None:
    with_key, without = post(client, key).json(), client.post("tasks", json=BODY).json()

    assert client.get(f"tasks/{with_key['id']}").json() == with_key
    assert with_key.keys() == without.keys()
    assert count(client) == 2


def test_the_first_answer_outlives_changes_of_the_task(client: TestClient, key: str) -> None:
    first = post(client, key)
    path = f"tasks/{first.json()['id']}"
    changed = client.put(path, json={"title": "Buy oat milk", "complete": True})

    assert same(first, post(client, key))
    assert client.get(path).json() == changed.json()


def test_the_first_answer_outlives_the_task(client: TestClient, key: str) -> None:
    first = post(client, key)
    client.delete(f"tasks/{first.json()['id']}")

    assert same(first, post(client, key))
    assert count(client) == 0


@pytest.mark.parametrize(("body", "equal"), SAME.values(), ids=SAME)
def test_the_same_body_written_otherwise_is_the_same(
    client: TestClient, key: str, body: str, equal: str
) -> None:
    assert same(post(client, key, body), post(client, key, equal))
    assert count(client) == 1


@pytest.mark.parametrize("body", OTHER.values(), ids=OTHER)
def test_a_key_is_good_for_one_body_only(
    client: TestClient, key: str, body: dict[str, str]
) -> None:
    first = post(client, key)

    assert problem(post(client, key, body)) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert same(first, post(client, key))
    assert count(client) == 1


LATER = BODY | {"due_date": "2026-12-01", "priority": "high", "tags": ["a", "b"]}


@pytest.mark.parametrize(
    "other",
    [
        {"due_date": "2026-12-01T00:00"},
        {"due_date": None},
        {"priority": "urgent"},
        {"priority": "none"},
        {"tags": ["b", "a"]},
        {"tags": ["a, b"]},
        {"tags": []},
    ],
    ids=str,
)
def test_a_key_is_good_for_one_due_date_priority_and_tags(
    client: TestClient, key: str, other: dict[str, Any]
) -> None:
    first = post(client, key, LATER)

    assert LATER.items() <= first.json().items()
    assert problem(post(client, key, LATER | other)) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert same(first, post(client, key, LATER))


def test_bodies_of_1_2_have_the_fingerprints_that_it_kept(
    client: TestClient, key: str, user: str, sql: Callable[..., Any]
) -> None:
    kept = "SELECT encode(fingerprint, 'hex') FROM idempotency_keys WHERE user_id = %s AND key = %s"
    post(client, key, {"title": "Buy milk", "description": None})
    post(client, f"{key}-2", {"title": "Thé 😀", "description": "'\"\\\n"})

    assert [sql(kept, (user, each)) for each in (key, f"{key}-2")] == [
        [("9f95d64b295e5a92dee85d2b5a77fdad5d2cddf8053ef2f73ca3e5a5a061fd56",)],
        [("594da1456399fa94f4690476ee7995eed86879ca17b9d287982962d3fa79e890",)],
    ]


def test_an_empty_description_is_not_a_missing_one(client: TestClient, key: str) -> None:
    post(client, key, {"title": "Tea"})

    refused = post(client, key, {"title": "Tea", "description": ""})
    assert problem(refused) == (422, "IDEMPOTENCY_KEY_REUSED")


def test_a_refused_request_does_not_use_up_its_key(client: TestClient, key: str) -> None:
    assert problem(post(client, key, {"title": ""})) == (422, "VALIDATION_ERROR")
    assert post(client, key).status_code == 201


def test_every_user_has_keys_of_their_own(
    client: TestClient, another: TestClient, key: str
) -> None:
    mine, theirs = post(client, key), post(another, key, {"title": "Tea"})

    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert mine.json()["id"] != theirs.json()["id"]
    assert client.get("tasks").json()["tasks"] == [mine.json()]
    assert another.get("tasks").json()["tasks"] == [theirs.json()]


@pytest.mark.parametrize("key", ["k", "k" * 255, "!\"#%';--~\\"])
def test_a_key_is_up_to_255_visible_characters(client: TestClient, key: str) -> None:
    assert same(post(client, key), post(client, key))
    assert post(client, key[:-1] + "?").status_code == 201
    assert count(client) == 2


@pytest.mark.parametrize("key", ["", "k" * 256, "a b", "a\tb", "k\u00e9", "\x7f"])
def test_another_key_is_named(client: TestClient, key: str) -> None:
    headers = [(b"Idempotency-Key", key.encode())]
    answer = client.post("tasks", json=BODY, headers=headers)

    assert problem(answer) == (400, "VALIDATION_ERROR")
    assert set(pointers(answer)) == {"Idempotency-Key"}
    assert count(client) == 0


def test_requests_at_once_create_one_task(client: TestClient, key: str) -> None:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        answers = list(threads.map(lambda _: post(client, key), range(AT_ONCE)))

    assert all(same(answers[0], answer) for answer in answers)
    assert client.get("tasks").json()["tasks"] == [answers[0].json()]


def test_bodies_at_once_are_told_apart(client: TestClient, key: str) -> None:
    bodies = [BODY | {"title": f"Task {number}"} for number in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        answers = list(threads.map(lambda body: post(client, key, body), bodies))

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201] + [422] * (AT_ONCE - 1)
    assert count(client) == 1


@pytest.fixture
def end_of_another(
    database_url: str, user: str, key: str, sql: Callable[..., Any]
) -> Iterator[Callable[..., None]]:
    """End a session that has created a task with the key, as soon as somebody waits for it."""
    values = {"key": key, **_created(user, {"title": "Tea"})}
    waits = "SELECT 1 FROM pg_locks WHERE NOT granted AND %s = ANY (pg_blocking_pids(pid))"
    with closing(psycopg2.connect(database_url)) as session, session.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")  # libpq would name a pooler's
        pid = cursor.fetchone()
        cursor.execute(statements.CREATE_ONCE, values | {"fingerprint": b"of another body"})

        def end_of_another(how: str, answer: Future[Any]) -> None:
            while not sql(waits, pid):
                assert not answer.done()
            getattr(session, how)()

        yield end_of_another


@pytest.mark.parametrize(
    ("how", "outcome"), [("commit", (422, "Tea")), ("rollback", (201, "Buy milk"))]
)
def test_a_request_waits_for_the_one_before_it(
    client: TestClient, key: str, end_of_another: Any, how: str, outcome: Any
) -> None:
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(post, client, key)
        end_of_another(how, answer)

    [task] = client.get("tasks").json()["tasks"]
    assert (answer.result().status_code, task["title"]) == outcome


def test_keys_older_than_a_day_make_room_for_new_ones(
    client: TestClient, another: TestClient, user: str, sql: Callable[..., Any]
) -> None:
    age = "UPDATE idempotency_keys SET created_at = now() - %s::interval WHERE key = %s"
    keys = [uuid4().hex for _ in range(4)]
    old, young, theirs, new = keys
    first = post(client, old)
    post(client, young)
    post(another, theirs)
    for key, interval in ((old, "24:00:01"), (young, "23:59:30"), (theirs, "48:00:00")):
        sql(age, (interval, key))

    assert same(post(client, young), post(client, young))
    assert post(client, new).status_code == 201
    kept = sql("SELECT key, user_id = %s FROM idempotency_keys WHERE key = ANY (%s)", (user, keys))
    assert sorted(kept) == sorted([(young, True), (new, True), (theirs, False)])
    assert post(client, old).json()["id"] != first.json()["id"]
