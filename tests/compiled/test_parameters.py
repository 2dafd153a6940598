"""Parameters outside the contract: each is named, with what it must be."""

import pytest
from starlette.testclient import TestClient

from tests.conftest import faults, problem

INTEGER = "Must be an integer, such as 7."
ONCE = "Must be sent only once."
UNKNOWN = "Is not a parameter of this operation."
ENCODING = "Must be percent-encoded UTF-8."
EMPTY = "Must have 1 or more characters."
TASK_IDS = {
    "0": "Must be at least 1.",
    "-1": "Must be at least 1.",
    "-0": "Must be at least 1.",
    "9007199254740992": "Must be at most 9007199254740991.",
    "9223372036854775808": "Must be at most 9007199254740991.",
    "9" * 900: "Must be at most 9007199254740991.",
    "-" + "9" * 900: "Must be at least 1.",
    "9" * 5_000: "Must have at most 1000 digits.",
    "01": INTEGER,
    "+1": INTEGER,
    "1_0": INTEGER,
    "1.0": INTEGER,
    "1e3": INTEGER,
    "0x1": INTEGER,
    "abc": INTEGER,
    "%ff": INTEGER,
    "%00": INTEGER,
    "1%0A": INTEGER,
    "%201": INTEGER,
    "%D9%A1": INTEGER,  # an Arabic one
    "1%2F2": INTEGER,
}


@pytest.mark.parametrize(("task_id", "detail"), TASK_IDS.items(), ids=lambda text: text[:40])
def test_a_task_id_is_a_plain_positive_integer(
    client: TestClient, task_id: str, detail: str
) -> None:
    answer = client.get(f"tasks/{task_id}")

    assert problem(answer) == (400, "VALIDATION_ERROR")
    assert faults(answer) == {"task_id": detail}


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
def test_a_task_id_is_checked_for_every_method(client: TestClient, method: str) -> None:
    body = {"title": "Buy milk", "complete": True} if method in {"PUT", "PATCH"} else None

    assert client.request(method, "tasks/0", json=body).status_code == 400
    assert client.request(method, "tasks/9007199254740991", json=body).status_code == 404


def test_a_task_id_may_be_percent_encoded(client: TestClient) -> None:
    task = client.post("tasks", json={"title": "Buy milk"}).json()
    encoded = "".join(f"%{ord(digit):x}" for digit in str(task["id"]))

    assert client.get(f"tasks/{encoded}").json() == task


ORDER = "Must be one of -created_at, created_at, due_date, -priority."

QUERIES: dict[str, dict[str, str]] = {
    "limit=0": {"limit": "Must be at least 1."},
    "limit=1001": {"limit": "Must be at most 1000."},
    "limit=-1": {"limit": "Must be at least 1."},
    "limit=" + "9" * 900: {"limit": "Must be at most 1000."},
    "limit=1_0": {"limit": INTEGER},
    "limit=+1": {"limit": INTEGER},
    "limit=%2B1": {"limit": INTEGER},
    "limit=1.5": {"limit": INTEGER},
    "limit=": {"limit": INTEGER},
    "limit": {"limit": INTEGER},
    "complete=": {"complete": "Must be true or false."},
    "complete=True": {"complete": "Must be true or false."},
    "complete=1": {"complete": "Must be true or false."},
    "complete=null": {"complete": "Must be true or false."},
    "sort=": {"sort": ORDER},
    "sort=title": {"sort": ORDER},
    "sort=%2Bcreated_at": {"sort": ORDER},
    "q=": {"q": EMPTY},
    "q=" + "x" * 201: {"q": "Must have at most 200 characters."},
    "q=" + "%C3%A9" * 201: {"q": "Must have at most 200 characters."},
    "q=a%00": {"q": r"Must match ^[^\x00]*$"},
    "q=%ff": {"q": ENCODING},
    "q=%C3": {"q": ENCODING},
    "q=%ED%A0%80": {"q": ENCODING},  # a surrogate
    "cursor=%20": {"cursor": "Must match ^[A-Za-z0-9_-]+$"},
    "cursor=" + "A" * 65: {"cursor": "Must have at most 64 characters."},
    "cursor=AAAA": {"cursor": "Must be the next_cursor of this very list."},
    "limit=1&limit=1": {"limit": ONCE},
    "complete=true&%63omplete=true": {"complete": ONCE},
    "offset=1": {"offset": UNKNOWN},
    "Limit=1": {"Limit": UNKNOWN},
    "limit[]=1": {"limit[]": UNKNOWN},
    "task_id=1": {"task_id": UNKNOWN},
    "=1": {"?": UNKNOWN},
    "%ff=1": {"\ufffd": UNKNOWN},
    "a+b=1": {"a b": UNKNOWN},
    "x" * 5_000: {"x" * 200: UNKNOWN},
    "%" * 60_000: {"%" * 200: UNKNOWN},
    "q=" + "%" * 60_000: {"q": "Must have at most 200 characters."},
    "q=" + "%41" * 201: {"q": "Must have at most 200 characters."},
    "sort=" + "%" * 60_000: {"sort": "Must have at most 11 characters."},
    "complete=" + "%" * 60_000: {"complete": "Must have at most 5 characters."},
    "limit=" + "%" * 60_000: {"limit": "Must have at most 1000 characters."},
    "tag=" + "%" * 60_000: {"tag": "Must have at most 50 characters."},
    "tag=a&" * 10_000: {"tag": "Must have at most 20 items."},
    "sort=x&" * 8_000: {"sort": ONCE},
    "limit=x&complete=x&sort=x&q=%ff&offset=0&offset=1": {
        "limit": INTEGER,
        "complete": "Must be true or false.",
        "sort": ORDER,
        "q": ENCODING,
        "offset": UNKNOWN,
    },
}


@pytest.mark.parametrize(("query", "named"), QUERIES.items(), ids=lambda value: str(value)[:40])
def test_every_query_parameter_outside_the_contract_is_named(
    client: TestClient, query: str, named: dict[str, str]
) -> None:
    answer = client.get(f"tasks?{query}")

    assert problem(answer) == (400, "VALIDATION_ERROR")
    assert faults(answer) == named
    assert len(answer.json()["detail"]) <= 200


@pytest.mark.parametrize(
    "query",
    [
        *("", "&&", "&" * 60_000, "limit=%31", "%6Cimit=1", "q=%", "q=" + "%F0%9F%A5%9B" * 200),
        "limit=1000&complete=false&sort=-created_at&q=%25",
    ],
)
def test_a_query_within_the_contract_is_taken(client: TestClient, query: str) -> None:
    assert client.get(f"tasks?{query}").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "tasks"), ("GET", "tasks/1"), ("PATCH", "tasks/1"), ("DELETE", "tasks/1")],
)
def test_an_operation_takes_no_parameter_of_another(
    client: TestClient, method: str, path: str
) -> None:
    body = {"title": "Buy milk"} if method in {"POST", "PATCH"} else None

    assert faults(client.request(method, f"{path}?limit=1", json=body)) == {"limit": UNKNOWN}


def test_a_plus_is_a_space_and_an_encoded_plus_a_plus(client: TestClient) -> None:
    for title in ("salt and pepper", "salt+and+pepper"):
        client.post("tasks", json={"title": title})

    def found(query: str) -> list[str]:
        return [task["title"] for task in client.get(f"tasks?q={query}").json()["tasks"]]

    assert found("salt+and") == found("salt%20and") == ["salt and pepper"]
    assert found("salt%2Band") == ["salt+and+pepper"]


ENTITY_TAGS = (
    "Must be as its description says: One or more ETags, each in double quotes, "
    'such as "1", and separated by commas; or `*`.'
)
TAGS = [b"", b"1", b'"1', b"W/1", b'w/"1"', b'"1" "2"', b'*, "1"', b'"\xe9"', b'"a b"']


@pytest.mark.parametrize("name", ["If-Match", "If-None-Match"])
@pytest.mark.parametrize("value", TAGS)
def test_a_condition_that_is_no_etag_is_named(client: TestClient, name: str, value: bytes) -> None:
    method = "DELETE" if name == "If-Match" else "GET"
    answer = client.request(method, "tasks/1", headers=[(name.encode(), value)])

    assert problem(answer) == (400, "VALIDATION_ERROR")
    assert faults(answer) == {name: ENTITY_TAGS}


@pytest.mark.parametrize("value", [b"", b"a b", b"a,\tb", b"x" * 256, b"\xe9", b"\x7f"])
def test_a_malformed_idempotency_key_is_named(client: TestClient, value: bytes) -> None:
    headers = [(b"Idempotency-Key", value)]
    answer = client.post("tasks", json={"title": "Buy milk"}, headers=headers)

    assert problem(answer) == (400, "VALIDATION_ERROR")
    assert faults(answer).keys() == {"Idempotency-Key"}


def test_two_idempotency_keys_are_none(client: TestClient) -> None:
    headers = [(b"Idempotency-Key", b"one"), (b"Idempotency-Key", b"two")]
    answer = client.post("tasks", json={"title": "Buy milk"}, headers=headers)

    assert faults(answer).keys() == {"Idempotency-Key"}


def test_a_very_long_condition_is_named(client: TestClient) -> None:
    answer = client.get("tasks", headers={"If-None-Match": f'"{"x" * 1_000}"'})

    assert faults(answer) == {"If-None-Match": "Must have at most 1000 characters."}


def test_faults_of_path_query_header_and_body_are_told_together(client: TestClient) -> None:
    answer = client.put(
        "tasks/x?limit=1",
        content=b"{",
        headers={"Content-Type": "application/json", "If-Match": "1"},
    )

    assert problem(answer) == (400, "VALIDATION_ERROR")
    assert faults(answer).keys() == {"", "task_id", "limit", "If-Match"}
    assert answer.json()["detail"].startswith("The request is not valid: the body itself, ")


def test_of_very_many_faults_a_hundred_are_named(client: TestClient) -> None:
    answer = client.get("tasks?" + "&".join(f"x{number}" for number in range(2_000)))

    assert problem(answer) == (400, "VALIDATION_ERROR")
    assert len(faults(answer)) == 100
    assert len(answer.json()["detail"]) <= 200
